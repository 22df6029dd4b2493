import type { RouteName } from "../routes.ts";
import type { StreamName } from "../streamingFunctions.ts";

export const tags = {
  characters: "Characters with portraits, generated and not stored.",
  worlds: "Worlds, their pieces and the portraits of their characters.",
  images: "Images of every platform: find, describe and delete them.",
  uploads: "A file goes to the storage directly, by a presigned URL.",
  rehosts: "Images of other platforms and of URLs that expire, fetched and kept.",
  account: "The caller's usage and links, and the deletion of everything.",
  system: "The service itself.",
  events:
    "Requests to the receiver at `WEBHOOK_URL`, where the operator has set one. Signed as https://www.standardwebhooks.com says, with `webhook-id`, `webhook-timestamp` and `webhook-signature`. A repeated request has the same `webhook-id`; the order is not promised.",
} as const;

export const tagOf: Record<RouteName | StreamName, keyof typeof tags> = {
  generateCharacters: "characters",
  streamCharacters: "characters",
  createWorld: "worlds",
  listWorlds: "worlds",
  getWorld: "worlds",
  updateWorld: "worlds",
  addPieces: "worlds",
  replacePortrait: "worlds",
  deleteWorld: "worlds",
  presignUpload: "uploads",
  completeUpload: "uploads",
  cancelUpload: "uploads",
  createImage: "images",
  listImages: "images",
  getImage: "images",
  updateImage: "images",
  deleteImage: "images",
  rehostImage: "rehosts",
  listRehostHosts: "rehosts",
  telegramRehost: "rehosts",
  linkTelegram: "account",
  createToken: "account",
  getOwner: "account",
  eraseOwner: "account",
  getErasure: "account",
  openapi: "system",
  health: "system",
};
