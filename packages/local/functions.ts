import type { QueueName } from "@keepsake/contract/queues";
import { queues } from "@keepsake/contract/queues";
import type { RouteName } from "@keepsake/contract/routes";
import { type ScheduleName, schedules } from "@keepsake/contract/schedules";
import { type StreamName, streams } from "@keepsake/contract/streamingFunctions";
import type { LambdaFunction, StreamingFunction } from "./aws/lambda.ts";
import { installResponseStreaming } from "./aws/responseStream.ts";

/**
 * Loads every deployed function from the same file that is deployed. A route, queue, schedule or stream
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
  deleteWorld: () => import("@keepsake/functions/deleteWorld"),
  presignUpload: () => import("@keepsake/functions/presignUpload"),
  completeUpload: () => import("@keepsake/functions/completeUpload"),
  cancelUpload: () => import("@keepsake/functions/cancelUpload"),
  createImage: () => import("@keepsake/functions/createImage"),
  listImages: () => import("@keepsake/functions/listImages"),
  getImage: () => import("@keepsake/functions/getImage"),
  updateImage: () => import("@keepsake/functions/updateImage"),
  deleteImage: () => import("@keepsake/functions/deleteImage"),
  rehostImage: () => import("@keepsake/functions/rehostImage"),
  listRehostHosts: () => import("@keepsake/functions/listRehostHosts"),
  telegramRehost: () => import("@keepsake/functions/telegramRehost"),
  linkTelegram: () => import("@keepsake/functions/linkTelegram"),
  createToken: () => import("@keepsake/functions/createToken"),
  getOwner: () => import("@keepsake/functions/getOwner"),
  eraseOwner: () => import("@keepsake/functions/eraseOwner"),
  getErasure: () => import("@keepsake/functions/getErasure"),
  openapi: () => import("@keepsake/functions/openapi"),
  health: () => import("@keepsake/functions/health"),
};

const consumerFiles: Record<QueueName, HandlerModule> = {
  PortraitQueue: () => import("@keepsake/functions/uploadPortraits"),
  RehostQueue: () => import("@keepsake/functions/rehostImages"),
  UploadQueue: () => import("@keepsake/functions/completeQueuedUploads"),
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
