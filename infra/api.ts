import { type PageName, pages } from "../packages/contract/htmlPages.ts";
import {
  exposedHeaders,
  type Route,
  type RouteName,
  requestHeaders,
  routes,
} from "../packages/contract/routes.ts";
import { auth } from "./auth.ts";
import { images, incoming, incomingWeb, privateImages, privateWeb } from "./bucketLinks.ts";
import { database } from "./database.ts";
import { decodes } from "./decoder.ts";
import { ai, aiPortraits } from "./generators.ts";
import { limits } from "./ownerLimits.ts";
import { discord, rehostHostsLink, telegram, telegramBot, telegramWebhook } from "./platforms.ts";
import { eventQueue, queues } from "./queues.ts";
import { apiRequestsPerSecond, telegramBotName, webOrigins } from "./settings.ts";

const portraitQueue = queues.PortraitQueue.queue;
const rehostQueue = queues.RehostQueue.queue;
const exportQueue = queues.ExportQueue.queue;

type Needs = {
  link: object[];
  timeout: `${number} seconds`;
  memory?: `${number} MB`;
} & Partial<typeof decodes>;

/** The links and resources of each route, besides `auth`. A new route does not compile without an entry. */
const functions: Record<RouteName, Needs> = {
  // generates up to six portraits: a whole CPU, and the longest time that API Gateway allows
  generateCharacters: {
    link: [database, images, ai, aiPortraits],
    timeout: "29 seconds",
    memory: "1769 MB",
    ...decodes,
  },
  // parses and writes up to 5.5 MB
  createWorld: {
    link: [database, portraitQueue, limits],
    timeout: "20 seconds",
    memory: "1024 MB",
  },
  addPieces: { link: [database, portraitQueue, limits], timeout: "20 seconds", memory: "1024 MB" },
  // one query each; time enough for a paused database to start
  listWorlds: { link: [database], timeout: "15 seconds" },
  getWorld: { link: [database], timeout: "15 seconds" },
  updateWorld: { link: [database], timeout: "15 seconds" },
  replacePortrait: {
    link: [database, portraitQueue, limits],
    timeout: "20 seconds",
    memory: "1024 MB",
  },
  updatePiece: { link: [database], timeout: "15 seconds" },
  deletePiece: { link: [database], timeout: "15 seconds" },
  listPortraits: { link: [database], timeout: "15 seconds" },
  restorePortrait: { link: [database], timeout: "15 seconds" },
  publishWorldPage: { link: [database], timeout: "15 seconds" },
  unpublishWorldPage: { link: [database], timeout: "15 seconds" },
  deleteWorld: { link: [database], timeout: "15 seconds" },
  presignUpload: { link: [database, incomingWeb, privateWeb, limits], timeout: "15 seconds" },
  // a child process decodes and encodes for up to 25 s, with up to 1 GB
  completeUpload: {
    link: [database, incoming, images, privateImages, privateWeb, ...eventQueue],
    timeout: "29 seconds",
    memory: "3008 MB",
    ...decodes,
  },
  // as completeUpload, with the image in the request
  createImage: {
    link: [database, images, privateImages, privateWeb, limits, ...eventQueue],
    timeout: "29 seconds",
    memory: "3008 MB",
    ...decodes,
  },
  cancelUpload: { link: [database], timeout: "15 seconds" },
  // one transaction of up to 1,000 images
  createExport: { link: [database, exportQueue, privateWeb], timeout: "20 seconds" },
  // one transaction of all images, worlds and datasets of an owner
  exportOwner: {
    link: [database, exportQueue, privateWeb],
    timeout: "29 seconds",
    memory: "1769 MB",
  },
  listOwnerExports: { link: [database, privateWeb], timeout: "15 seconds" },
  listExports: { link: [database, privateWeb], timeout: "15 seconds" },
  getExport: { link: [database, privateWeb], timeout: "15 seconds" },
  deleteExport: { link: [database], timeout: "15 seconds" },
  // one that waits downloads, decodes and publishes, as `completeUpload` does, for up to 25 s
  rehostImage: {
    link: [
      database,
      rehostQueue,
      images,
      privateImages,
      discord,
      rehostHostsLink,
      privateWeb,
      limits,
      ...eventQueue,
    ],
    timeout: "29 seconds",
    memory: "3008 MB",
    ...decodes,
  },
  listRehostHosts: { link: [database, rehostHostsLink], timeout: "15 seconds" },
  telegramRehost: {
    link: [database, rehostQueue, telegram, telegramWebhook, limits],
    timeout: "29 seconds", // two calls to Telegram of at most 10 s
  },
  linkTelegram: { link: [database, telegramBot], timeout: "15 seconds" },
  listTelegramAccounts: { link: [database], timeout: "15 seconds" },
  unlinkTelegram: { link: [database], timeout: "15 seconds" },
  listImages: { link: [database, privateWeb], timeout: "15 seconds" },
  getImage: { link: [database, privateWeb], timeout: "15 seconds" },
  updateImage: { link: [database, privateWeb], timeout: "15 seconds" },
  deleteImage: { link: [database], timeout: "15 seconds" },
  createDataset: { link: [database, privateWeb], timeout: "15 seconds" },
  listDatasets: { link: [database, privateWeb], timeout: "15 seconds" },
  getDataset: { link: [database, privateWeb], timeout: "15 seconds" },
  updateDataset: { link: [database, privateWeb], timeout: "15 seconds" },
  deleteDataset: { link: [database], timeout: "15 seconds" },
  listDatasetItems: { link: [database, privateWeb], timeout: "15 seconds" },
  // presigns up to 1,600 URLs
  putDatasetItems: {
    link: [database, privateWeb],
    timeout: "20 seconds",
    memory: "1024 MB",
  },
  deleteDatasetItem: { link: [database], timeout: "15 seconds" },
  // parses up to 5.5 MB
  importCaptions: { link: [database, privateWeb], timeout: "20 seconds", memory: "1024 MB" },
  createToken: { link: [database], timeout: "15 seconds" },
  getOwner: { link: [database, limits], timeout: "15 seconds" },
  // one transaction for all data of an owner
  eraseOwner: { link: [database], timeout: "29 seconds" },
  listErasures: { link: [database], timeout: "15 seconds" },
  getErasure: { link: [database], timeout: "15 seconds" },
  health: { link: [database], timeout: "15 seconds" },
  openapi: { link: [], timeout: "5 seconds" },
};

/** The links and resources of each page. */
const pageFunctions: Record<
  PageName,
  {
    link?: object[];
    timeout: `${number} seconds`;
    memory?: `${number} MB`;
    copyFiles?: { from: string; to: string }[];
  }
> = {
  // `functions/reference/installScalarViewer.mjs` puts the script into the folder
  docs: {
    timeout: "5 seconds",
    copyFiles: [{ from: "functions/reference/viewer", to: "viewer" }],
  },
  // reads two columns of up to 200 pieces
  worldPage: { link: [database], timeout: "15 seconds", memory: "1024 MB" },
};

export const api = new sst.aws.ApiGatewayV2("Api", {
  cors: {
    allowOrigins: webOrigins,
    allowMethods: [...new Set(Object.values(routes).map(({ method }) => method))],
    allowHeaders: requestHeaders,
    exposeHeaders: exposedHeaders,
    maxAge: "1 hour",
  },
  accessLog: { retention: "1 month" },
  // each request in flight may hold a database connection and costs money: more than these get 429
  transform: {
    stage: {
      defaultRouteSettings: {
        throttlingRateLimit: apiRequestsPerSecond,
        throttlingBurstLimit: 2 * apiRequestsPerSecond,
      },
    },
  },
});

/** Routes of the bot. A stage without one has no secret that its webhook could check. */
const botRoutes: RouteName[] = ["telegramRehost", "linkTelegram"];

for (const [name, { method, path, access, head }] of Object.entries<Route>(routes)) {
  if (!telegramBotName && botRoutes.includes(name as RouteName)) continue;
  const { link, ...needs } = functions[name as RouteName];
  const route = api.route(
    `${method} ${path}`,
    {
      ...needs,
      link: access === "public" ? link : [...link, auth], // the function checks who calls
      handler: `functions/${name}.handler`,
    },
    { name },
  );
  // the same function: API Gateway sends a HEAD to no route of a GET
  if (head) api.route(`HEAD ${path}`, route.nodes.function.arn);
}

for (const [name, paths] of Object.entries<readonly string[]>(pages)) {
  const [first, ...others] = paths.flatMap((path) => [`GET ${path}`, `HEAD ${path}`]);
  const needs = pageFunctions[name as PageName];
  const route = api.route(first!, { ...needs, handler: `functions/${name}.handler` }, { name });
  for (const key of others) api.route(key, route.nodes.function.arn);
}

// without it 404 has AWS's form instead of ours; browsers' preflights come here too
api.route(
  "$default",
  { handler: "functions/notFound.handler", timeout: "5 seconds" },
  { name: "notFound" },
);
