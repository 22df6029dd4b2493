import type { QueueName } from "@keepsake/contract/queues";
import { queues } from "@keepsake/contract/queues";
import type { RouteName } from "@keepsake/contract/routes";
import { type ScheduleName, schedules } from "@keepsake/contract/schedules";
import { type StreamName, streams } from "@keepsake/contract/streams";
import type { LambdaFunction, StreamingFunction } from "./aws/lambda.ts";
import { installStreaming } from "./aws/responseStream.ts";

/**
 * Loads every function that is deployed, by the very files that are deployed. A route, a queue or a
 * schedule without its file does not compile. Links must be set before: see `links.ts`.
 */
export async function loadFunctions() {
  installStreaming(); // before any handler is imported
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

type File = () => Promise<{ handler: unknown }>;

const routeFiles: Record<RouteName, File> = {
  generateCharacters: () => import("@keepsake/functions/generateCharacters"),
  createWorld: () => import("@keepsake/functions/createWorld"),
  listWorlds: () => import("@keepsake/functions/listWorlds"),
  getWorld: () => import("@keepsake/functions/getWorld"),
  addPieces: () => import("@keepsake/functions/addPieces"),
  replacePortrait: () => import("@keepsake/functions/replacePortrait"),
  deleteWorld: () => import("@keepsake/functions/deleteWorld"),
  presignUpload: () => import("@keepsake/functions/presignUpload"),
  completeUpload: () => import("@keepsake/functions/completeUpload"),
  listImages: () => import("@keepsake/functions/listImages"),
  getImage: () => import("@keepsake/functions/getImage"),
  deleteImage: () => import("@keepsake/functions/deleteImage"),
  rehostImage: () => import("@keepsake/functions/rehostImage"),
  telegramRehost: () => import("@keepsake/functions/telegramRehost"),
  linkTelegram: () => import("@keepsake/functions/linkTelegram"),
  eraseOwner: () => import("@keepsake/functions/eraseOwner"),
  getErasure: () => import("@keepsake/functions/getErasure"),
  openapi: () => import("@keepsake/functions/openapi"),
  health: () => import("@keepsake/functions/health"),
};

const consumerFiles: Record<QueueName, File> = {
  PortraitQueue: () => import("@keepsake/functions/uploadPortraits"),
  RehostQueue: () => import("@keepsake/functions/rehostImages"),
};

const scheduleFiles: Record<ScheduleName, File> = {
  sweep: () => import("@keepsake/functions/sweep"),
};

const streamFiles: Record<StreamName, File> = {
  streamCharacters: () => import("@keepsake/functions/streamCharacters"),
};

async function loadAll<Name extends string>(
  files: Record<Name, File>,
  timeoutMs: (name: Name) => number,
) {
  const names = Object.keys(files) as Name[];
  const loaded = await Promise.all(names.map((name) => load(name, files[name], timeoutMs(name))));
  return Object.fromEntries(names.map((name, i) => [name, loaded[i]])) as Record<
    Name,
    LambdaFunction
  >;
}

async function load(name: string, file: File, timeoutMs: number): Promise<LambdaFunction> {
  const { handler } = await file();
  return { name, handler: handler as LambdaFunction["handler"], timeoutMs };
}
