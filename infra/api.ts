import { type Route, type RouteName, requestHeaders, routes } from "../packages/contract/routes.ts";
import { database } from "./database.ts";
import { ai } from "./generators.ts";
import { discord, telegram, telegramBot, telegramWebhook } from "./platforms.ts";
import { queues } from "./queues.ts";
import { jwtAudience, jwtIssuer, webOrigins } from "./settings.ts";
import { images, incoming } from "./storage.ts";

const portraitQueue = queues.PortraitQueue.queue;
const rehostQueue = queues.RehostQueue.queue;

type Needs = {
  link: object[];
  timeout: `${number} seconds`;
  memory?: `${number} MB`;
  install?: string[];
};

/** What each route may touch and needs. A new route does not compile until it says so here. */
const functions: Record<RouteName, Needs> = {
  // draws up to six portraits: a whole CPU, and as long as the API waits
  generateCharacters: {
    link: [database, images, ai],
    timeout: "29 seconds",
    memory: "1769 MB",
    install: ["sharp"],
  },
  // parses and writes up to 5.5 MB
  createWorld: { link: [database, portraitQueue], timeout: "20 seconds", memory: "1024 MB" },
  addPieces: { link: [database, portraitQueue], timeout: "20 seconds", memory: "1024 MB" },
  // one query each; long enough for a database that has to wake up
  listWorlds: { link: [database], timeout: "15 seconds" },
  getWorld: { link: [database], timeout: "15 seconds" },
  replacePortrait: { link: [database, portraitQueue], timeout: "20 seconds", memory: "1024 MB" },
  deleteWorld: { link: [database], timeout: "15 seconds" },
  presignUpload: { link: [database, incoming], timeout: "15 seconds" },
  // decodes up to 40 megapixels (160 MB) and encodes them for up to 20 s, with two CPUs' help
  completeUpload: {
    link: [database, incoming, images],
    timeout: "29 seconds",
    memory: "3008 MB",
    install: ["sharp"],
  },
  rehostImage: { link: [database, rehostQueue, discord], timeout: "15 seconds" },
  telegramRehost: {
    link: [database, rehostQueue, telegram, telegramWebhook],
    timeout: "29 seconds", // two calls to Telegram of at most 10 s
  },
  linkTelegram: { link: [database, telegramBot], timeout: "15 seconds" },
  listImages: { link: [database], timeout: "15 seconds" },
  getImage: { link: [database], timeout: "15 seconds" },
  deleteImage: { link: [database], timeout: "15 seconds" },
  // one transaction, however much an owner has
  eraseOwner: { link: [database], timeout: "29 seconds" },
  getErasure: { link: [database], timeout: "15 seconds" },
  health: { link: [database], timeout: "15 seconds" },
  openapi: { link: [], timeout: "5 seconds" },
};

export const api = new sst.aws.ApiGatewayV2("Api", {
  cors: {
    allowOrigins: webOrigins,
    allowMethods: [...new Set(Object.values(routes).map(({ method }) => method))],
    allowHeaders: requestHeaders,
    maxAge: "1 hour",
  },
  accessLog: { retention: "1 month" },
  // each request in work may hold a database connection, and each one costs: a flood gets 429 instead
  transform: {
    stage: { defaultRouteSettings: { throttlingRateLimit: 50, throttlingBurstLimit: 100 } },
  },
});

const { id: authorizer } = api.addAuthorizer({
  name: "Jwt",
  jwt: { issuer: jwtIssuer, audiences: [jwtAudience] },
});

for (const [name, { method, path, access }] of Object.entries<Route>(routes)) {
  const { install, ...needs } = functions[name as RouteName];
  api.route(
    `${method} ${path}`,
    { ...needs, handler: `functions/${name}.handler`, nodejs: { install } },
    { name, auth: access === "user" && { jwt: { authorizer } } },
  );
}

// without it AWS answers 404 in a form of its own; browsers' preflights come here too
api.route(
  "$default",
  { handler: "functions/notFound.handler", timeout: "5 seconds" },
  { name: "notFound" },
);
