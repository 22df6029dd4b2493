/**
 * Every HTTP route. The key is the name of the file in `functions/`, of the client's method and of the
 * OpenAPI operation. `user` routes need a token, or a service key with the owner it acts for; `service` routes
 * need a service key. `creates` marks requests that create rows, which an
 * `Idempotency-Key` makes safe to repeat. `repeatable` marks other requests that are safe to repeat when
 * their response was lost, as every GET is. `head` marks a GET that answers HEAD too, without a body. `query` names the
 * parameters of a request with a body that are in its URL. This file imports nothing, so that infra can import it.
 */
export const routes = {
  generateCharacters: { method: "POST", path: "/characters", access: "user" },
  createWorld: { method: "POST", path: "/worlds", access: "user", creates: "pieces" },
  listWorlds: { method: "GET", path: "/worlds", access: "user" },
  getWorld: { method: "GET", path: "/worlds/{world_id}", access: "user" },
  updateWorld: { method: "PATCH", path: "/worlds/{world_id}", access: "user", repeatable: true },
  addPieces: {
    method: "POST",
    path: "/worlds/{world_id}/pieces",
    access: "user",
    creates: "pieces",
  },
  replacePortrait: {
    method: "PUT",
    path: "/worlds/{world_id}/pieces/{piece_id}/portrait",
    access: "user",
  },
  updatePiece: {
    method: "PATCH",
    path: "/worlds/{world_id}/pieces/{piece_id}",
    access: "user",
    repeatable: true,
  },
  // each deletion gives the same erasure again
  deletePiece: {
    method: "DELETE",
    path: "/worlds/{world_id}/pieces/{piece_id}",
    access: "user",
    repeatable: true,
  },
  listPortraits: {
    method: "GET",
    path: "/worlds/{world_id}/pieces/{piece_id}/portraits",
    access: "user",
  },
  // a portrait that is shown already stays as it is
  restorePortrait: {
    method: "POST",
    path: "/worlds/{world_id}/pieces/{piece_id}/portraits/{version}/restore",
    access: "user",
    repeatable: true,
  },
  // a page that is on keeps its address
  publishWorldPage: {
    method: "PUT",
    path: "/worlds/{world_id}/page",
    access: "user",
    repeatable: true,
  },
  unpublishWorldPage: {
    method: "DELETE",
    path: "/worlds/{world_id}/page",
    access: "user",
    repeatable: true,
  },
  deleteWorld: { method: "DELETE", path: "/worlds/{world_id}", access: "user", repeatable: true },
  // each reserves an upload; one that is never used takes quota until it expires, and nothing else
  presignUpload: { method: "POST", path: "/uploads", access: "user", repeatable: true },
  // gives the same image again
  completeUpload: {
    method: "POST",
    path: "/uploads/{upload_id}/complete",
    access: "user",
    repeatable: true,
  },
  // a cancelled upload stays cancelled
  cancelUpload: {
    method: "DELETE",
    path: "/uploads/{upload_id}",
    access: "user",
    repeatable: true,
  },
  createImage: { method: "POST", path: "/images", access: "user", creates: "image" },
  listImages: { method: "GET", path: "/images", access: "user" },
  getImage: { method: "GET", path: "/images/{image_id}", access: "user" },
  updateImage: {
    method: "PATCH",
    path: "/images/{image_id}",
    access: "user",
    repeatable: true,
  },
  deleteImage: { method: "DELETE", path: "/images/{image_id}", access: "user", repeatable: true },
  createDataset: { method: "POST", path: "/datasets", access: "user", creates: "dataset" },
  listDatasets: { method: "GET", path: "/datasets", access: "user" },
  getDataset: { method: "GET", path: "/datasets/{dataset_id}", access: "user" },
  updateDataset: {
    method: "PATCH",
    path: "/datasets/{dataset_id}",
    access: "user",
    repeatable: true,
  },
  // a repeated request is answered 404
  deleteDataset: { method: "DELETE", path: "/datasets/{dataset_id}", access: "user" },
  listDatasetItems: { method: "GET", path: "/datasets/{dataset_id}/items", access: "user" },
  putDatasetItems: {
    method: "PUT",
    path: "/datasets/{dataset_id}/items",
    access: "user",
    repeatable: true,
  },
  deleteDatasetItem: {
    method: "DELETE",
    path: "/datasets/{dataset_id}/items/{image_id}",
    access: "user",
    repeatable: true,
  },
  importCaptions: {
    method: "PUT",
    path: "/datasets/{dataset_id}/captions",
    access: "user",
    repeatable: true,
  },
  // the same content again gives the running export, or the ready one
  createExport: {
    method: "POST",
    path: "/datasets/{dataset_id}/exports",
    access: "user",
    repeatable: true,
  },
  listExports: { method: "GET", path: "/datasets/{dataset_id}/exports", access: "user" },
  getExport: { method: "GET", path: "/exports/{export_id}", access: "user" },
  // a deleted export stays deleted
  deleteExport: {
    method: "DELETE",
    path: "/exports/{export_id}",
    access: "user",
    repeatable: true,
  },
  // the same source again changes nothing
  rehostImage: {
    method: "POST",
    path: "/rehosts",
    access: "user",
    repeatable: true,
    query: ["wait"],
  },
  listRehostHosts: { method: "GET", path: "/rehosts/hosts", access: "user" },
  telegramRehost: { method: "POST", path: "/telegram/webhook", access: "public" },
  linkTelegram: { method: "POST", path: "/telegram/link", access: "user" },
  listTelegramAccounts: { method: "GET", path: "/telegram/accounts", access: "user" },
  unlinkTelegram: {
    method: "DELETE",
    path: "/telegram/accounts/{telegram_id}",
    access: "user",
    repeatable: true,
  },
  // another token of the same owner takes nothing from the first
  createToken: { method: "POST", path: "/tokens", access: "service", repeatable: true },
  getOwner: { method: "GET", path: "/me", access: "user" },
  // while nothing has changed, the running export or the ready one
  exportOwner: { method: "POST", path: "/me/exports", access: "user", repeatable: true },
  listOwnerExports: { method: "GET", path: "/me/exports", access: "user" },
  eraseOwner: { method: "DELETE", path: "/me", access: "user", repeatable: true },
  listErasures: { method: "GET", path: "/erasures", access: "user" },
  getErasure: { method: "GET", path: "/erasures/{erasure_id}", access: "user" },
  openapi: { method: "GET", path: "/openapi.json", access: "public" },
  health: { method: "GET", path: "/health", access: "public", head: true },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The request headers that CORS allows. Not `keepsake-owner`: no page may send a service key. */
export const requestHeaders = ["authorization", "content-type", "idempotency-key"];

/** The response header that identifies a request in the logs, as `request_id` does in an error. */
export const requestIdHeader = "keepsake-request-id";

/** The response headers of the API and of streams that CORS lets a page read. */
export const exposedHeaders = ["retry-after", requestIdHeader];

export type Route = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: `/${string}`;
  access: "user" | "service" | "public";
  creates?: "pieces" | "image" | "dataset";
  repeatable?: true;
  head?: true;
  query?: readonly string[];
};
