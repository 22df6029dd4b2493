import type { ErrorCode } from "../errors.ts";
import type { Route, RouteName } from "../routes.ts";
import type { StreamName } from "../streamingFunctions.ts";

const path = ["input.invalid"] as const;
const body = ["input.invalid", "body.malformed", "body.not_json"] as const;
const portrait = [
  "image.not_base64",
  "image.mislabelled",
  "image.unsupported",
  "image.too_large",
  "image.bad_dimensions",
] as const;
const decoding = ["image.damaged", "image.too_complex", "image.carries_data"] as const;
/** Why an image can never be published. */
const image = [
  "image.unsupported",
  "image.too_large",
  "image.bad_dimensions",
  ...decoding,
] as const;
const namedImage = ["image.not_published", "image.private"] as const;
const generation = [
  ...body,
  ...namedImage,
  "image.damaged",
  "image.too_complex",
  "reference.unsupported",
  "generation.too_many",
  "generation.refused",
  "generation.busy",
  "generation.failed",
  "generation.late",
] as const;
const pieces = [
  ...body,
  ...portrait,
  ...namedImage,
  "world.too_large",
  "world.not_found",
  "owner.full",
] as const;

/**
 * The error codes that each route and stream may answer, besides those of every route. Tests hold that no
 * other is answered: `test/support/openapi`.
 */
export const routeErrors: Record<RouteName | StreamName, readonly ErrorCode[]> = {
  generateCharacters: generation,
  createWorld: [...pieces, "idempotency_key.reused", "world.full"],
  listWorlds: path,
  getWorld: [...path, "world.not_found", "world.full"],
  updateWorld: [...body, ...namedImage, "world.not_found", "world.full"],
  addPieces: [...pieces, "idempotency_key.reused", "world.full"],
  replacePortrait: [
    ...body,
    "owner.full",
    ...portrait,
    ...namedImage,
    "piece.not_found",
    "piece.not_a_character",
  ],
  updatePiece: [...body, "piece.not_found", "world.full"],
  deletePiece: [...path, "piece.not_found"],
  listPortraits: [...path, "piece.not_found"],
  restorePortrait: [...path, "piece.not_found", "portrait.not_found"],
  publishWorldPage: [...path, "world.not_found"],
  unpublishWorldPage: [...path, "world.not_found"],
  deleteWorld: [...path, "world.not_found"],
  presignUpload: [...body, "upload.too_many", "owner.full"],
  completeUpload: [
    ...path,
    "upload.not_found",
    "upload.not_received",
    "upload.expired",
    "upload.altered",
    ...image,
  ],
  cancelUpload: [...path, "upload.not_found", "upload.completed"],
  createImage: [
    ...body,
    ...portrait,
    ...decoding,
    "idempotency_key.reused",
    "image.not_found",
    "upload.too_many",
    "owner.full",
  ],
  listImages: path,
  getImage: [...path, "image.not_found"],
  updateImage: [...body, "image.not_found"],
  deleteImage: [...path, "image.not_found", "image.in_use"],
  createDataset: [...body, "idempotency_key.reused", "dataset.too_many", "dataset.not_found"],
  listDatasets: path,
  getDataset: [...path, "dataset.not_found"],
  updateDataset: [...body, "dataset.not_found"],
  deleteDataset: [...path, "dataset.not_found"],
  listDatasetItems: [...path, "dataset.not_found"],
  putDatasetItems: [
    ...body,
    "dataset.not_found",
    "item.not_found",
    "image.not_published",
    "dataset.full",
  ],
  deleteDatasetItem: [...path, "dataset.not_found"],
  importCaptions: [...body, "dataset.not_found"],
  createExport: [
    ...body,
    "dataset.not_found",
    "dataset.empty",
    "dataset.control_missing",
    "export.running",
    "export.too_large",
    "export.too_many",
  ],
  exportOwner: ["export.running", "export.too_large", "export.too_many"],
  listOwnerExports: [],
  listExports: [...path, "dataset.not_found"],
  getExport: [...path, "export.not_found"],
  deleteExport: [...path, "export.not_found"],
  rehostImage: [
    ...body,
    "source.refused",
    "source.too_large",
    "source.gone",
    "image.not_found",
    "upload.too_many",
    "owner.full",
    ...image,
  ],
  listRehostHosts: [],

  telegramRehost: ["webhook.refused", "body.malformed", "body.not_json"],
  linkTelegram: ["link.too_many"],
  listTelegramAccounts: [],
  unlinkTelegram: path,
  createToken: body,
  getOwner: [],
  eraseOwner: [],
  listErasures: path,
  getErasure: [...path, "erasure.not_found"],
  openapi: [],
  health: [],
  streamCharacters: generation,
};

/** What every function may answer. */
export const everywhere: readonly ErrorCode[] = ["server.failed", "service.unavailable"];

/** What every route of an access may answer; streams are as those of users. */
export const byAccess: Record<Route["access"], readonly ErrorCode[]> = {
  user: ["token.refused", "owner.missing"],
  service: ["token.refused"],
  public: [],
};
