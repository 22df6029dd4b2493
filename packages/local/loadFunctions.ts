import type { PageName } from "@keepsake/contract/htmlPages";
import type { QueueName } from "@keepsake/contract/queues";
import { queues } from "@keepsake/contract/queues";
import type { RouteName } from "@keepsake/contract/routes";
import { type ScheduleName, schedules } from "@keepsake/contract/schedules";
import { type StreamName, streams } from "@keepsake/contract/streamingFunctions";
import type { LambdaFunction, StreamingFunction } from "./aws/lambda.ts";
import { installResponseStreaming } from "./aws/responseStream.ts";

/**
 * Loads every deployed function from the same file that is deployed. A route, page, queue, schedule or stream
 * without a file does not compile. Set the links first: see `links.ts`.
 */
export async function loadFunctions() {
  installResponseStreaming(); // before any handler is imported
  return {
    streams: (await loadAll(
      streamFiles,
      (name) => streams[name].timeoutSeconds * 1_000,
    )) as never as Record<StreamName, StreamingFunction>,
    routes: await loadAll(routeFiles, () => 30_000),
    pages: await loadAll(pageFiles, () => 30_000),
    notFound: await load("notFound", () => import("@keepsake/functions/notFound"), 30_000),
    consumers: await loadAll(consumerFiles, (queue) => queues[queue].timeoutSeconds * 1_000),
    schedules: await loadAll(scheduleFiles, (name) => schedules[name].timeoutSeconds * 1_000),
  };
}

export type Functions = Awaited<ReturnType<typeof loadFunctions>>;

type HandlerModule = () => Promise<{ handler: unknown }>;

const routeFiles: Record<RouteName, HandlerModule> = {
  generateCharacters: () => import("@keepsake/functions/generateCharacters"),
  createWorld: () => import("@keepsake/functions/createWorld"),
  listWorlds: () => import("@keepsake/functions/listWorlds"),
  getWorld: () => import("@keepsake/functions/getWorld"),
  updateWorld: () => import("@keepsake/functions/updateWorld"),
  addPieces: () => import("@keepsake/functions/addPieces"),
  replacePortrait: () => import("@keepsake/functions/replacePortrait"),
  updatePiece: () => import("@keepsake/functions/updatePiece"),
  deletePiece: () => import("@keepsake/functions/deletePiece"),
  listPortraits: () => import("@keepsake/functions/listPortraits"),
  restorePortrait: () => import("@keepsake/functions/restorePortrait"),
  publishWorldPage: () => import("@keepsake/functions/publishWorldPage"),
  unpublishWorldPage: () => import("@keepsake/functions/unpublishWorldPage"),
  deleteWorld: () => import("@keepsake/functions/deleteWorld"),
  presignUpload: () => import("@keepsake/functions/presignUpload"),
  completeUpload: () => import("@keepsake/functions/completeUpload"),
  cancelUpload: () => import("@keepsake/functions/cancelUpload"),
  createImage: () => import("@keepsake/functions/createImage"),
  listImages: () => import("@keepsake/functions/listImages"),
  getImage: () => import("@keepsake/functions/getImage"),
  updateImage: () => import("@keepsake/functions/updateImage"),
  deleteImage: () => import("@keepsake/functions/deleteImage"),
  createDataset: () => import("@keepsake/functions/createDataset"),
  listDatasets: () => import("@keepsake/functions/listDatasets"),
  getDataset: () => import("@keepsake/functions/getDataset"),
  updateDataset: () => import("@keepsake/functions/updateDataset"),
  deleteDataset: () => import("@keepsake/functions/deleteDataset"),
  listDatasetItems: () => import("@keepsake/functions/listDatasetItems"),
  putDatasetItems: () => import("@keepsake/functions/putDatasetItems"),
  deleteDatasetItem: () => import("@keepsake/functions/deleteDatasetItem"),
  importCaptions: () => import("@keepsake/functions/importCaptions"),
  createExport: () => import("@keepsake/functions/createExport"),
  exportOwner: () => import("@keepsake/functions/exportOwner"),
  listOwnerExports: () => import("@keepsake/functions/listOwnerExports"),
  listExports: () => import("@keepsake/functions/listExports"),
  getExport: () => import("@keepsake/functions/getExport"),
  deleteExport: () => import("@keepsake/functions/deleteExport"),
  rehostImage: () => import("@keepsake/functions/rehostImage"),
  listRehostHosts: () => import("@keepsake/functions/listRehostHosts"),
  telegramRehost: () => import("@keepsake/functions/telegramRehost"),
  linkTelegram: () => import("@keepsake/functions/linkTelegram"),
  listTelegramAccounts: () => import("@keepsake/functions/listTelegramAccounts"),
  unlinkTelegram: () => import("@keepsake/functions/unlinkTelegram"),
  createToken: () => import("@keepsake/functions/createToken"),
  getOwner: () => import("@keepsake/functions/getOwner"),
  eraseOwner: () => import("@keepsake/functions/eraseOwner"),
  listErasures: () => import("@keepsake/functions/listErasures"),
  getErasure: () => import("@keepsake/functions/getErasure"),
  openapi: () => import("@keepsake/functions/openapi"),
  health: () => import("@keepsake/functions/health"),
};

const pageFiles: Record<PageName, HandlerModule> = {
  docs: () => import("@keepsake/functions/docs"),
  worldPage: () => import("@keepsake/functions/worldPage"),
};

const consumerFiles: Record<QueueName, HandlerModule> = {
  PortraitQueue: () => import("@keepsake/functions/uploadPortraits"),
  RehostQueue: () => import("@keepsake/functions/rehostImages"),
  UploadQueue: () => import("@keepsake/functions/completeQueuedUploads"),
  ExportQueue: () => import("@keepsake/functions/exportDataset"),
  EventQueue: () => import("@keepsake/functions/deliverEvents"),
};

const scheduleFiles: Record<ScheduleName, HandlerModule> = {
  sweep: () => import("@keepsake/functions/sweep"),
};

const streamFiles: Record<StreamName, HandlerModule> = {
  streamCharacters: () => import("@keepsake/functions/streamCharacters"),
};

async function loadAll<Name extends string>(
  files: Record<Name, HandlerModule>,
  timeoutMs: (name: Name) => number,
) {
  const names = Object.keys(files) as Name[];
  const loaded = await Promise.all(names.map((name) => load(name, files[name], timeoutMs(name))));
  return Object.fromEntries(names.map((name, i) => [name, loaded[i]])) as Record<
    Name,
    LambdaFunction
  >;
}

async function load(
  name: string,
  module: HandlerModule,
  timeoutMs: number,
): Promise<LambdaFunction> {
  const { handler } = await module();
  return { name, handler: handler as LambdaFunction["handler"], timeoutMs };
}
