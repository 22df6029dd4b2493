import { fork } from "node:child_process";
import { createDecipheriv, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import { createServiceKey, parseServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import { pageTokens } from "@keepsake/functions/runtime/authentication/pageTokens";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { type QueryablePlan, queryPlan } from "@keepsake/plan/planLookups";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

/**
 * Starts each function as Lambda would: bundled with the options of the plan, its links encrypted beside
 * the bundle, in a fresh Node process with Lambda's environment, against a real Postgres. Not covered:
 * SST's own esbuild, its npm install of sharp for arm64, and the zip.
 */
const events: Record<string, { event: object; answer: object }> = {
  generateCharacters: {
    event: request("generateCharacters", { body: { theme: "norse", count: 1, seed: 1 } }),
    answer: { statusCode: 200, body: expect.stringContaining("image_portrait_base64") },
  },
  streamCharacters: {
    event: request("health", { body: { theme: "norse", count: 1 } }),
    answer: { statusCode: 401, body: expect.stringContaining('"token.refused"') },
  },
  createWorld: {
    event: request("createWorld", {
      body: {
        theme: "norse",
        pieces: [{ type: "relic", name: "A bell", description: "", details: {} }],
      },
    }),
    answer: { statusCode: 201, body: expect.stringContaining('"world_id"') },
  },
  addPieces: {
    event: request("addPieces", {
      path: { world_id: randomUUID() },
      body: { pieces: [{ type: "relic", name: "A bell", description: "", details: {} }] },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  listWorlds: {
    event: request("listWorlds"),
    answer: { statusCode: 200, body: '{"worlds":[],"next_cursor":null}' },
  },
  getWorld: {
    event: request("getWorld", { path: { world_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  updateWorld: {
    event: request("updateWorld", { path: { world_id: randomUUID() }, body: { title: null } }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  replacePortrait: {
    event: request("replacePortrait", {
      path: { world_id: randomUUID(), piece_id: randomUUID() },
      body: { image_id: randomUUID() },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"piece.not_found"') },
  },
  updatePiece: {
    event: request("updatePiece", {
      path: { world_id: randomUUID(), piece_id: randomUUID() },
      body: { name: "Mira" },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"piece.not_found"') },
  },
  deletePiece: {
    event: request("deletePiece", { path: { world_id: randomUUID(), piece_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"piece.not_found"') },
  },
  listPortraits: {
    event: request("listPortraits", { path: { world_id: randomUUID(), piece_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"piece.not_found"') },
  },
  restorePortrait: {
    event: request("restorePortrait", {
      path: { world_id: randomUUID(), piece_id: randomUUID(), version: "1" },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"piece.not_found"') },
  },
  publishWorldPage: {
    event: request("publishWorldPage", { path: { world_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  unpublishWorldPage: {
    event: request("unpublishWorldPage", { path: { world_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  deleteWorld: {
    event: request("deleteWorld", { path: { world_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"world.not_found"') },
  },
  presignUpload: {
    event: request("presignUpload", {
      body: { content_type: "image/png", size: 1, sha256: "0".repeat(64) },
    }),
    answer: {
      statusCode: 201,
      body: expect.stringContaining("X-Amz-Credential=r2-web-access-key-id"),
    },
  },
  completeUpload: {
    event: request("completeUpload", { path: { upload_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"upload.not_found"') },
  },
  createImage: {
    event: request("createImage", { body: { image_base64: "AAAA" } }),
    answer: { statusCode: 422, body: expect.stringContaining('"image.unsupported"') },
  },
  cancelUpload: {
    event: request("cancelUpload", { path: { upload_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"upload.not_found"') },
  },
  completeQueuedUploads: {
    event: { Records: [{ messageId: "1", body: JSON.stringify({ upload_id: randomUUID() }) }] },
    answer: { batchItemFailures: [] },
  },
  createDataset: {
    event: request("createDataset", { body: { name: "Harbours" } }),
    answer: { statusCode: 201, body: expect.stringContaining('"few_images"') },
  },
  listDatasets: {
    event: request("listDatasets"),
    answer: { statusCode: 200, body: expect.stringContaining('"datasets"') },
  },
  getDataset: {
    event: request("getDataset", { path: { dataset_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  updateDataset: {
    event: request("updateDataset", {
      path: { dataset_id: randomUUID() },
      body: { name: "Piers" },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  deleteDataset: {
    event: request("deleteDataset", { path: { dataset_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  listDatasetItems: {
    event: request("listDatasetItems", { path: { dataset_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  putDatasetItems: {
    event: request("putDatasetItems", {
      path: { dataset_id: randomUUID() },
      body: { items: [{ image_id: randomUUID() }] },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  deleteDatasetItem: {
    event: request("deleteDatasetItem", {
      path: { dataset_id: randomUUID(), image_id: randomUUID() },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  importCaptions: {
    event: request("importCaptions", {
      path: { dataset_id: randomUUID() },
      body: { metadata: "{}" },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  createExport: {
    event: request("createExport", {
      path: { dataset_id: randomUUID() },
      body: { layout: "pairs" },
    }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  exportOwner: {
    event: request("exportOwner"),
    answer: { statusCode: 202, body: expect.stringContaining('"layout":"everything"') },
  },
  listOwnerExports: {
    event: request("listOwnerExports"),
    answer: { statusCode: 200, body: expect.stringContaining('"exports":') },
  },
  listExports: {
    event: request("listExports", { path: { dataset_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"dataset.not_found"') },
  },
  getExport: {
    event: request("getExport", { path: { export_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"export.not_found"') },
  },
  deleteExport: {
    event: request("deleteExport", { path: { export_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"export.not_found"') },
  },
  exportDataset: {
    event: {
      Records: [
        { messageId: "1", body: JSON.stringify({ export_id: randomUUID(), file_index: 0 }) },
      ],
    },
    answer: { batchItemFailures: [] },
  },
  rehostImage: {
    event: request("rehostImage", {
      body: { source: { platform: "discord", url: "https://example.com/attachments/1/2/a.png" } },
    }),
    answer: { statusCode: 422, body: expect.stringContaining('"source.refused"') },
  },
  listRehostHosts: {
    event: request("listRehostHosts"),
    answer: { statusCode: 200, body: expect.stringContaining('"*.replicate.delivery"') },
  },
  telegramRehost: {
    event: request("telegramRehost", { body: { update_id: 1 } }),
    answer: { statusCode: 401, body: expect.stringContaining('"webhook.refused"') },
  },
  linkTelegram: {
    event: request("linkTelegram"),
    answer: { statusCode: 200, body: expect.stringContaining("https://t.me/keepsake_bot?start=") },
  },
  listTelegramAccounts: {
    event: request("listTelegramAccounts"),
    answer: { statusCode: 200, body: '{"accounts":[]}' },
  },
  unlinkTelegram: {
    event: request("unlinkTelegram", { path: { telegram_id: "7" } }),
    answer: { statusCode: 204 },
  },
  rehostImages: {
    event: { Records: [{ messageId: "1", body: JSON.stringify({ image_id: randomUUID() }) }] },
    answer: { batchItemFailures: [] },
  },
  deliverEvents: {
    event: { Records: [{ messageId: "1", body: JSON.stringify({ event_id: randomUUID() }) }] },
    answer: { batchItemFailures: [] },
  },
  listImages: {
    event: request("listImages"),
    answer: { statusCode: 200, body: '{"images":[],"next_cursor":null}' },
  },
  getImage: {
    event: request("getImage", { path: { image_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"image.not_found"') },
  },
  updateImage: {
    event: request("updateImage", { path: { image_id: randomUUID() }, body: { tags: ["sea"] } }),
    answer: { statusCode: 404, body: expect.stringContaining('"image.not_found"') },
  },
  deleteImage: {
    event: request("deleteImage", { path: { image_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"image.not_found"') },
  },
  createToken: {
    event: request("createToken", { body: { owner: "alice" } }),
    answer: { statusCode: 201, body: expect.stringContaining('"expires_at"') },
  },
  getOwner: {
    event: request("getOwner"),
    answer: { statusCode: 200, body: expect.stringContaining('"usage":{"images":0,') },
  },
  eraseOwner: {
    event: request("eraseOwner"),
    answer: { statusCode: 202, body: expect.stringContaining('"erasure_id"') },
  },
  listErasures: {
    event: request("listErasures"),
    answer: { statusCode: 200, body: '{"erasures":[],"next_cursor":null}' },
  },
  getErasure: {
    event: request("getErasure", { path: { erasure_id: randomUUID() } }),
    answer: { statusCode: 404, body: expect.stringContaining('"erasure.not_found"') },
  },
  openapi: {
    event: request("openapi"),
    answer: { statusCode: 200, body: expect.stringContaining('"openapi":"3.1') },
  },
  docs: {
    event: { ...request("health"), pathParameters: { file: "errors" } },
    answer: { statusCode: 200, isBase64Encoded: true },
  },
  worldPage: {
    event: { ...request("health"), pathParameters: { page_id: "A".repeat(22) } },
    answer: { statusCode: 404, isBase64Encoded: true },
  },
  health: {
    event: request("health"),
    answer: { statusCode: 200, body: '{"status":"ok","migrations":"applied"}' },
  },
  notFound: {
    event: { ...request("health"), routeKey: "$default", rawPath: "/nowhere" },
    answer: { statusCode: 404, body: expect.stringContaining('"route.not_found"') },
  },
  uploadPortraits: {
    event: {
      Records: [{ messageId: "1", body: JSON.stringify({ piece_id: randomUUID(), version: 1 }) }],
    },
    answer: { batchItemFailures: [] },
  },
  sweep: { event: {}, answer: { portraits: { requeued: 0 }, erased: 0 } },
};

let app: QueryablePlan;
/** Credentials of the deployment: its functions verify them with their own links. */
let serviceKey: string;
let pageToken: string;
const artifacts = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-artifacts-"));

beforeAll(async () => {
  const SST_SECRET_DatabaseUrl = await copyDatabase();
  const offline = { AI_BASE_URL: "", AI_PORTRAIT_PROVIDER: "" };
  app = await queryPlan(
    { stage: "production", artifacts },
    { ...exampleSettings, ...offline, SST_SECRET_DatabaseUrl },
  );
  const sql = postgres(SST_SECRET_DatabaseUrl, { max: 1 });
  serviceKey = (await createServiceKey(sql, "test"))!;
  await sql.end();
  const { pageTokenKey } = JSON.parse(linksOf(app.functions.listWorlds!)).Auth;
  const { key_id } = parseServiceKey(serviceKey)!;
  pageToken = pageTokens(pageTokenKey).create({ owner: "alice", key_id, expires_in: 600 }).token;
}, 240_000); // bundles every function and the page, which a busy machine does slowly
afterAll(() => fs.rmSync(artifacts, { recursive: true }));

test("every function has an event in this file", () => {
  expect(Object.keys(app.functions).sort()).toEqual(Object.keys(events).sort());
});

test("the page is built and contains the settings of its stage", () => {
  const page = fs.readFileSync(path.join(artifacts, "studio/index.html"), "utf8");
  const [, settings = ""] = /id="settings">(.*?)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(settings)).toMatchObject({
    api: app.outputs.api,
    sign_in: { by: "oidc", client_id: "studio-client" },
  });
});

test.concurrent.each(Object.entries(events))(
  "%s starts and responds",
  async (name, { event, answer }) => {
    const headers = { authorization: `Bearer ${serviceKey}`, "keepsake-owner": name };
    expect(await start(name, withHeaders(event, headers))).toMatchObject(answer);
  },
);

test("the stream accepts the same credentials as the API", async () => {
  const event = request("generateCharacters", { body: { theme: "norse", count: 0 } });
  const withToken = withHeaders(event, { authorization: `Bearer ${pageToken}` });
  expect(await start("streamCharacters", withToken)).toMatchObject({
    statusCode: 422,
    body: expect.stringContaining('"input.invalid"'),
  });
});

test("a token of the configured issuer is a 503 with retry-after while the issuer cannot be reached", async () => {
  const claims = { iss: exampleSettings.JWT_ISSUER, aud: exampleSettings.JWT_AUDIENCE };
  const parts = [
    { alg: "RS256", kid: "1" },
    { ...claims, sub: "alice", exp: Math.floor(Date.now() / 1_000) + 600 },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const headers = { authorization: `Bearer ${parts.join(".")}.c2lnbmF0dXJl` };
  expect(await start("listWorlds", withHeaders(request("listWorlds"), headers))).toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
    body: expect.stringContaining('"service.unavailable"'),
  });
});

test("a browser's preflight succeeds although API Gateway sends it to $default", async () => {
  const { requestContext, ...event } = request("createWorld");
  const http = { ...requestContext.http, method: "OPTIONS" };
  const preflight = { ...event, routeKey: "$default", requestContext: { ...requestContext, http } };
  expect(await start("notFound", preflight)).toMatchObject({ statusCode: 204 });
});

test("the functions that answer images hold R2's web keys, and presignUpload holds no others", () => {
  const keys = Object.entries(app.functions).map(([name, fn]) => {
    const links = linksOf(fn);
    return [
      name,
      ["r2-access-key-id", "r2-secret-access-key", "r2-web-"].filter((key) => links.includes(key)),
    ];
  });
  const store = ["r2-access-key-id", "r2-secret-access-key"];
  const holders = Object.fromEntries(keys.filter(([, held]) => held!.length > 0));
  expect(holders).toEqual({
    presignUpload: ["r2-web-"],
    rehostImage: [...store, "r2-web-"],
    getImage: ["r2-web-"],
    listImages: ["r2-web-"],
    updateImage: ["r2-web-"],
    completeUpload: [...store, "r2-web-"],
    completeQueuedUploads: store,
    createDataset: ["r2-web-"],
    listDatasets: ["r2-web-"],
    getDataset: ["r2-web-"],
    updateDataset: ["r2-web-"],
    listDatasetItems: ["r2-web-"],
    putDatasetItems: ["r2-web-"],
    importCaptions: ["r2-web-"],
    createExport: ["r2-web-"],
    exportOwner: ["r2-web-"],
    listOwnerExports: ["r2-web-"],
    listExports: ["r2-web-"],
    getExport: ["r2-web-"],
    exportDataset: store,
    createImage: [...store, "r2-web-"],
    generateCharacters: store,
    rehostImages: store,
    streamCharacters: store,
    sweep: store,
    uploadPortraits: store,
  });
});

test("bundles are small, and only those that draw portraits offline load sharp", () => {
  const bundles = Object.entries(app.functions).map(([name, { bundle, install }]) => {
    return { name, KB: Math.round(bundle!.bytes / 1_000), install };
  });
  // not by console.log, which Vitest hides for tests that pass
  for (const { name, KB } of bundles)
    process.stdout.write(`${String(KB).padStart(6)} KB ${name}\n`);

  // the AI SDK is large, and only in functions that generate
  const generators = ["generateCharacters", "streamCharacters"];
  // a request that waits does a consumer's work, which the others do not load
  const limit = (name: string) =>
    generators.includes(name) ? 2_000 : name === "rehostImage" ? 750 : 700;
  expect(bundles.filter(({ name, KB }) => KB > limit(name))).toEqual([]);
  const loading = Object.entries(app.functions).flatMap(([name, { bundle }]) =>
    bundle!.external.map((external) => `${name} ${external}`),
  );
  expect(loading.sort()).toEqual(generators.map((name) => `${name} sharp`));
});

test("the decoder's program is in the archive of every function that decodes, and of no other", () => {
  for (const { id, copies } of Object.values(app.functions)) {
    const archive = fs.readFileSync(path.join(artifacts, "artifacts", id, "code.zip"));
    const decodes = copies.some(({ to }) => to === "decoder");
    expect(archive.includes("decoder/decode.cjs")).toBe(decodes);
  }
});

/** Starts a function's process, sends it an event and returns the response. */
async function start(name: string, event: object) {
  const { bundle, install, copies, lambda } = app.functions[name]!;
  const directory = path.dirname(bundle!.file);
  linkPackages(install, directory);
  for (const { from, to } of copies) fs.cpSync(from, path.join(directory, to), { recursive: true });
  const child = fork(path.join(import.meta.dirname, "lambda.mjs"), [bundle!.file], {
    cwd: directory,
    execArgv: [],
    env: {
      ...lambda.environment.variables,
      AWS_REGION: "eu-central-1",
      AWS_LAMBDA_FUNCTION_NAME: lambda.name,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  child.send(event);
  return new Promise<unknown>((resolve, reject) => {
    child.on("message", resolve);
    child.on("close", () => reject(new Error(`${name} did not respond: ${output}`)));
  });
}

/** The links of a function as JSON, which SST encrypts beside its bundle. */
function linksOf({ bundle, lambda }: QueryablePlan["functions"][string]) {
  const encrypted = fs.readFileSync(path.join(path.dirname(bundle!.file), "resource.enc"));
  const key = Buffer.from(lambda.environment.variables.SST_KEY!, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.alloc(12));
  decipher.setAuthTag(encrypted.subarray(-16));
  return `${decipher.update(encrypted.subarray(0, -16))}${decipher.final()}`;
}

/** Links beside the bundle only what SST would install there. The directory is outside the project. */
function linkPackages(packages: string[], directory: string) {
  const { resolve } = createRequire(new URL("../../functions/package.json", import.meta.url));
  const modules = path.join(directory, "node_modules");
  fs.mkdirSync(modules, { recursive: true });
  for (const name of packages) {
    const source = resolve(name).replace(new RegExp(`(node_modules/${name})/.*`), "$1");
    const link = path.join(modules, name);
    if (!fs.existsSync(link)) fs.symlinkSync(source, link);
  }
}

/** Adds headers to a request of a route that checks who calls. */
const withHeaders = (event: { access?: string; headers?: object }, headers: object) =>
  event.access ? { ...event, headers: { ...event.headers, ...headers } } : event;

/** A request from API Gateway, payload 2.0, without a credential. */
function request(
  name: RouteName,
  { path: pathParameters = {}, body = undefined as object | undefined } = {},
) {
  const { method, path: template, access }: Route = routes[name];
  const rawPath = Object.entries<string>(pathParameters).reduce(
    (path, [parameter, value]) => path.replace(`{${parameter}}`, value),
    template as string,
  );
  return {
    ...(access !== "public" && { access }),
    version: "2.0",
    routeKey: `${method} ${template}`,
    rawPath,
    rawQueryString: "",
    headers: body ? { "content-type": "application/json" } : {},
    pathParameters,
    requestContext: {
      requestId: "first",
      http: { method, path: rawPath },
    },
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}
