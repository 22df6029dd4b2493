import { pages } from "@keepsake/contract/htmlPages";
import { queues } from "@keepsake/contract/queues";
import { routes } from "@keepsake/contract/routes";
import { schedules } from "@keepsake/contract/schedules";
import { streams } from "@keepsake/contract/streamingFunctions";
import { expect, test } from "vitest";
import { loadedBy, sourceFiles } from "./importGraph.ts";

const functions = sourceFiles("functions").flatMap(
  (file) => /^functions\/(\w+)\.ts$/.exec(file)?.[1] ?? [],
);

test("every function is a route, a page, a consumer, a schedule, a stream or the $default route", () => {
  const declared = [
    ...Object.keys(routes),
    ...Object.keys(pages),
    ...Object.values(queues).map(({ consumer }) => consumer),
    ...Object.keys(schedules),
    ...Object.keys(streams),
    "notFound",
  ];
  expect(functions.sort()).toEqual(declared.sort());
});

/** What every function may load: together a few milliseconds of a cold start. */
const light = ["@middy/core", "@middy/http-json-body-parser", "uuid", "zod"];

const postgres = ["postgres"];
const queue = ["@smithy/core", "@smithy/signature-v4"];
const presigner = ["@aws-sdk/core", "@aws-sdk/s3-request-presigner", "@smithy/core"];
const storage = ["@aws-sdk/client-s3"];
const imaging = ["thumbhash"];
const generators = [
  "@ai-sdk/openai-compatible",
  "@dicebear/core",
  "@dicebear/styles",
  "ai",
  "sharp",
  "thumbhash",
];

/**
 * What each function loads besides: client-s3 costs 61 ms of a cold start. sharp, which costs 50, is loaded by
 * the decoder's process, and here only to draw portraits offline.
 */
const heavy: Record<string, string[]> = {
  importCaptions: [...postgres, ...presigner],
  deleteDatasetItem: postgres,
  putDatasetItems: [...postgres, ...presigner],
  listDatasetItems: [...postgres, ...presigner],
  deleteDataset: postgres,
  updateDataset: [...postgres, ...presigner],
  getDataset: [...postgres, ...presigner],
  listDatasets: [...postgres, ...presigner],
  createDataset: [...postgres, ...presigner],
  addPieces: [...postgres, ...queue],
  createExport: [...postgres, ...new Set([...queue, ...presigner])],
  exportOwner: [...postgres, ...new Set([...queue, ...presigner])],
  listOwnerExports: [...postgres, ...presigner],
  listExports: [...postgres, ...presigner],
  getExport: [...postgres, ...presigner],
  deleteExport: postgres,
  exportDataset: [...postgres, ...storage, "client-zip", ...queue],
  cancelUpload: postgres,
  completeQueuedUploads: [...postgres, ...storage, ...imaging, ...queue],
  completeUpload: [...postgres, ...storage, ...imaging, ...new Set([...queue, ...presigner])],
  createImage: [...postgres, ...storage, ...imaging, ...new Set([...queue, ...presigner])],
  createToken: postgres,
  createWorld: [...postgres, ...queue],
  deleteImage: postgres,
  docs: [],
  deliverEvents: [...postgres, "standardwebhooks"],
  deleteWorld: postgres,
  updatePiece: postgres,
  deletePiece: postgres,
  listPortraits: postgres,
  restorePortrait: postgres,
  publishWorldPage: postgres,
  unpublishWorldPage: postgres,
  worldPage: postgres,
  eraseOwner: postgres,
  generateCharacters: [...postgres, ...storage, ...generators],
  getErasure: postgres,
  getImage: [...postgres, ...presigner],
  getOwner: postgres,
  getWorld: postgres,
  health: postgres,
  linkTelegram: postgres,
  listRehostHosts: postgres,
  listImages: [...postgres, ...presigner],
  listErasures: postgres,
  listTelegramAccounts: postgres,
  unlinkTelegram: postgres,
  listWorlds: postgres,
  notFound: [],
  openapi: ["zod-openapi"],
  presignUpload: [...postgres, ...presigner],
  rehostImage: [...postgres, ...new Set([...queue, ...presigner])],
  rehostImages: [...postgres, ...storage, ...imaging, ...queue],
  replacePortrait: [...postgres, ...queue],
  streamCharacters: [...postgres, ...storage, ...generators],
  sweep: [...postgres, ...storage, ...queue],
  telegramRehost: [...postgres, ...queue],
  updateImage: [...postgres, ...presigner],
  updateWorld: postgres,
  uploadPortraits: [...postgres, ...storage, ...imaging, ...queue, "p-limit"],
};

test.for(functions)("%s loads only the packages it needs, before any tree shaking", (name) => {
  const loaded = [...loadedBy(`functions/${name}.ts`).packages];
  const packages = loaded.filter((each) => !each.startsWith("node:") && !light.includes(each));
  expect(packages.sort()).toEqual([...(heavy[name] ?? [])].sort());
});

test("no function but openapi loads the OpenAPI document", () => {
  const loading = functions.filter((name) =>
    [...loadedBy(`functions/${name}.ts`).files].some((file) =>
      file.startsWith("packages/contract/openapi/"),
    ),
  );
  expect(loading).toEqual(["openapi"]);
});
