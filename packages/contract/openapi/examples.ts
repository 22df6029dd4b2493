import type { Dataset, DatasetItem } from "../api/datasets.ts";
import type { Output } from "../api.ts";
import type { Event, EventType } from "../events.ts";
import type { Export } from "../exportSchemas.ts";
import type { RouteName } from "../routes.ts";
import type {
  Erasure,
  Image,
  Piece,
  PieceDraft,
  Portrait,
  World,
  WorldSummary,
} from "../schemas.ts";

/** Examples of a route's body and responses: `instead` is that of its other status. */
type Examples<Name extends RouteName> = {
  request?: object;
  response?: Output<Name>;
  instead?: object;
};

const world_id = "019a8b2c-7d40-7c3e-9f52-3d6a1b0c4e88";
const piece_id = "019a8b2c-7d41-7a10-8b6f-52c0de9a7f31";
const image_id = "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913";
const created_at = "2026-11-21T20:15:00.000Z";
const cdn = "https://cdn.keepsake.example";
const portrait = `${cdn}/portraits/${world_id}/${piece_id}_portrait`;
const sha256 = "bd9a7344f16aec46e809620cf28dcd06b286798714798eb31f18dcae7d2623b0";
const nextCursor = "AZqLLH1AfD6fUj1qGwxOiJ4pQzT1nV0y";

/** A blue square of 16 × 16 px. */
const base64 =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAFklEQVQoz2MwTptJEmIY1TCqYfhqAABIfDIQ+g1KJAAAAABJRU5ErkJggg==";

const sent: PieceDraft = {
  type: "character",
  name: "Mira",
  description: "Mira keeps the lighthouse.",
  details: { traits: ["Fearless"], image_portrait_base64: base64 },
};

const relic: PieceDraft = {
  type: "relic",
  name: "The lamp",
  description: "It has burned since the first wreck.",
  details: {},
};

const pending: Piece = {
  piece_id,
  type: "character",
  name: "Mira",
  description: "Mira keeps the lighthouse.",
  details: { traits: ["Fearless"] },
  portrait_status: "pending",
  portrait_error: null,
};

const published: Piece = {
  ...pending,
  details: {
    traits: ["Fearless"],
    image_portrait: `${portrait}.png`,
    image_portrait_variants: [
      { width: 320, height: 320, url: `${portrait}_w320.webp` },
      { width: 768, height: 768, url: `${portrait}.png` },
    ],
  },
  portrait_status: "published",
};

const image: Image = {
  image_id,
  platform: "web",
  visibility: "public",
  status: "published",
  url: `${cdn}/images/${image_id}.jpg`,
  content_type: "image/jpeg",
  bytes: 482_113,
  width: 1_600,
  height: 1_200,
  sha256: "f4a1c9d27be35806aa1f0c43d9b7e6512c8f94d03b6ea7158d20cf39ab64e571",
  thumbhash: "1QcSHQRnh493V4dIh4eXh1h4kJUI",
  variants: [{ width: 320, height: 240, url: `${cdn}/images/${image_id}_w320.webp` }],
  rewritten: false,
  warnings: [],
  filename: "harbour.jpg",
  alt: "A harbour at dusk",
  caption: null,
  tags: ["harbour"],
  error: null,
  created_at,
};

const dataset_id = "019a8b3a-52d0-7e11-b6c4-90d1f27a3c55";
const { alt: _alt, caption: _caption, tags: _tags, ...datasetImage } = image;
const dataset: Dataset = {
  ...{ dataset_id, name: "Harbours", trigger_word: "hrbr", item_count: 1, bytes: 482_113 },
  cover: datasetImage,
  warnings: [{ code: "few_images", count: 1, image_ids: [] }],
  ...{ created_at, updated_at: created_at },
};
const { warnings: _, ...datasetSummary } = dataset;
const item: DatasetItem = {
  ...{ image: datasetImage, position: 1, control_image: null },
  caption: "hrbr, a harbour at dusk",
};

const fields: Omit<World, "page" | "pieces"> = {
  ...{ world_id, theme: "norse", title: "Ashfall", story: null, created_at },
  image: {
    image_id,
    url: `${cdn}/images/${image_id}.jpg`,
    width: 1_600,
    height: 1_200,
    thumbhash: image.thumbhash,
    variants: image.variants,
    alt: image.alt,
  },
};

const page = {
  page_id: "m3Zk2Wq0T7uR9sXc1VbNyA",
  url: "https://api.keepsake.example/w/m3Zk2Wq0T7uR9sXc1VbNyA",
};

const portraits: Portrait[] = [
  {
    version: 1,
    url: `${portrait}.png`,
    variants: [
      { width: 320, height: 320, url: `${portrait}_w320.webp` },
      { width: 768, height: 768, url: `${portrait}.png` },
    ],
    is_current: true,
    erased_after: null,
  },
];
const cover = portraits.map(({ url, variants }) => ({ url, variants }));

const summary: WorldSummary = {
  ...fields,
  ...{ piece_count: 2, portrait_count: 1, pending_portraits: 0, cover, has_page: false },
};

const erasure: Erasure = {
  erasure_id: "019a8b40-51aa-7f0d-8c21-6be93f7d0a15",
  objects: 2,
  bytes: 512_000,
  purge: null,
  created_at,
  done_at: null,
};

const export_id = "019a8b52-6a0e-7b31-8d44-1c9f20e7a5b8";

const runningExport: Export = {
  ...{ export_id, dataset_id, name: "Harbours", layout: "pairs", options: { size: 1_024 } },
  ...{ status: "pending", error: null, items: 24, files: [], warnings: [] },
  ...{ created_at, expires_at: null },
};

const readyExport: Export = {
  ...runningExport,
  status: "ready",
  files: [
    {
      url: `https://private.example/exports/${export_id}/0.zip?X-Amz-Signature=3f`,
      filename: "harbours-pairs.zip",
      bytes: 31_204_118,
      sha256: "0c7d5f1be2a9d1c20b6f4ce2a53b4c3d7a1ae3a0f2c3b5e6d7f8091a2b3c4d5e",
    },
  ],
  expires_at: "2026-11-22T20:15:42.000Z",
};

const ofEverything = {
  ...{ dataset_id: null, name: "Everything", options: {}, items: 1_204 },
  layout: "everything" as const,
};

export const examples: { [Name in RouteName]?: Examples<Name> } = {
  generateCharacters: {
    request: { theme: "norse", count: 1, prompt: "A keeper of a lighthouse", seed: 7 },
    response: { characters: [sent] },
  },
  createWorld: {
    request: { theme: "norse", title: "Ashfall", pieces: [sent, relic] },
    response: { world: { ...fields, page: null, pieces: [pending] } },
  },
  listWorlds: { response: { worlds: [summary], next_cursor: nextCursor } },
  getWorld: { response: { world: { ...fields, page, pieces: [published] } } },
  updateWorld: {
    request: { title: "Ashfall", image_id },
    response: { world: { ...fields, page: null, pieces: [published] } },
  },
  addPieces: { request: { pieces: [relic] }, response: { pieces: [pending] } },
  replacePortrait: {
    request: { image_portrait_base64: base64 },
    response: { piece: { ...published, portrait_status: "pending" } },
  },
  updatePiece: {
    request: { name: "Mira", details: { traits: ["Fearless"] } },
    response: { piece: published },
  },
  deletePiece: { response: { erasure } },
  listPortraits: { response: { portraits } },
  restorePortrait: { response: { piece: published } },
  publishWorldPage: { response: { page } },
  deleteWorld: { response: { erasure } },
  presignUpload: {
    request: { content_type: "image/png", size: 100, sha256, filename: "square.png" },
    response: {
      upload_id: image_id,
      url: `https://incoming.example/uploads/${image_id}?X-Amz-Signature=3f`,
      method: "PUT",
      headers: {
        "content-type": "image/png",
        "if-none-match": "*",
        "x-amz-checksum-sha256": "vZpzRPFq7EboCWIM8o3NBrKGeYcUeY6zHxjcrn0mI7A=",
      },
      url_expires_at: "2026-11-21T20:20:00.000Z",
      expires_at: "2026-11-21T21:15:00.000Z",
    },
    instead: { image },
  },
  completeUpload: { response: { image } },
  createImage: {
    request: { image_base64: base64, filename: "square.png", visibility: "public" },
    response: { image: { ...image, platform: "base64" } },
    instead: { image, reused: true },
  },
  listImages: { response: { images: [image], next_cursor: null } },
  getImage: { response: { image } },
  updateImage: {
    request: { alt: "A harbour at dusk", tags: ["harbour"], caption: null },
    response: { image },
  },
  deleteImage: { response: { erasure } },
  createDataset: {
    request: { name: "Harbours", trigger_word: "hrbr" },
    response: { dataset: { ...dataset, item_count: 0, bytes: 0, cover: null } },
  },
  listDatasets: { response: { datasets: [datasetSummary], next_cursor: null } },
  getDataset: { response: { dataset } },
  updateDataset: { request: { name: "Harbours" }, response: { dataset } },
  listDatasetItems: { response: { items: [item], next_cursor: nextCursor } },
  putDatasetItems: {
    request: { items: [{ image_id, caption: item.caption }], after: null },
    response: { dataset, items: [{ image_id, position: 1 }] },
  },
  importCaptions: {
    request: {
      metadata: '{"file_name": "train/harbour.png", "text": "hrbr, a harbour at dusk"}\n',
    },
    response: {
      matched: [{ line: 1, file_name: "train/harbour.png", image_id }],
      unmatched: [{ line: 2, file_name: "pier.png", reason: "not_in_dataset" }],
      dataset,
    },
  },
  createExport: {
    request: { layout: "pairs", size: 1_024 },
    response: { export: runningExport },
    instead: { export: readyExport },
  },
  exportOwner: {
    response: { export: { ...runningExport, ...ofEverything } },
    instead: { export: { ...readyExport, ...ofEverything } },
  },
  listOwnerExports: { response: { exports: [{ ...runningExport, ...ofEverything }] } },
  listExports: { response: { exports: [readyExport] } },
  getExport: { response: { export: readyExport } },
  rehostImage: {
    request: {
      source: {
        platform: "url",
        url: "https://replicate.delivery/xezq/GpR7q2Zc/harbour.png",
        ref: "prediction rm0cj09c8hwfgxw, output 0",
      },
    },
    response: {
      image: {
        ...image,
        platform: "url",
        status: "pending",
        ...{ url: null, content_type: null, bytes: null, width: null, height: null },
        ...{ sha256: null, thumbhash: null, variants: [], rewritten: null, tags: [], alt: null },
        filename: null,
      },
    },
    instead: { image: { ...image, platform: "url" } },
  },
  listRehostHosts: { response: { hosts: ["replicate.delivery", "*.fal.media"] } },
  telegramRehost: { request: { update_id: 730_114 }, response: { ok: true } },
  linkTelegram: {
    response: {
      url: "https://t.me/keepsake_bot?start=5YQ2v8n1Xc0",
      expires_at: "2026-11-21T20:25:00.000Z",
    },
  },
  listTelegramAccounts: {
    response: { accounts: [{ telegram_id: "7301402", name: "Mira Holm", linked_at: created_at }] },
  },
  createToken: {
    request: { owner: "google|117", name: "Mira", expires_in: 900 },
    response: {
      token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZWVwc2FrZSJ9.Zm9yIGV4YW1wbGU",
      expires_at: "2026-11-21T20:30:00.000Z",
    },
  },
  getOwner: {
    response: {
      owner: "google|117",
      usage: {
        images: 1_204,
        stored_bytes: 731_902_511,
        generated_characters: 12,
        outstanding_uploads: 1,
        outstanding_upload_bytes: 482_113,
        live_upload_urls: 3,
        datasets: 2,
        started_exports: 1,
        started_owner_exports: 0,
      },
      limits: {
        images: null,
        stored_bytes: 5_000_000_000,
        generated_characters: 120,
        outstanding_uploads: 20,
        outstanding_upload_bytes: 200_000_000,
        live_upload_urls: 200,
        datasets: 200,
        dataset_items: 1_000,
        started_exports: 5,
        started_owner_exports: 5,
        files: {
          image_bytes: 20_000_000,
          image_side_min_px: 16,
          image_side_px: 12_000,
          image_pixels: 40_000_000,
          jpeg_pixels: 52_000_000,
          avif_pixels: 16_000_000,
          portrait_bytes: 3_000_000,
          portrait_side_px: 4_096,
        },
      },
    },
  },
  eraseOwner: { response: { erasure } },
  listErasures: {
    response: { erasures: [{ ...erasure, subject: "image" }], next_cursor: null },
  },
  getErasure: {
    response: {
      erasure: { ...erasure, purge: "confirmed", done_at: "2026-11-21T20:32:10.000Z" },
    },
  },
  openapi: { response: { openapi: "3.1.0" } },
  health: { response: { status: "ok", migrations: "applied" } },
};

const timestamp = "2026-11-22T03:15:15.480Z";
const owner = "google|117";
const failed = "Gave up after 20 attempts: the store did not answer. Redrive it to try again.";
const unpublished = { url: null, thumbhash: null, variants: [], rewritten: null };

export const eventExamples: Record<EventType | "test", Event | object> = {
  "image.published": { type: "image.published", timestamp, data: { owner, image } },
  "image.rejected": {
    type: "image.rejected",
    timestamp,
    data: {
      owner,
      image: {
        ...{ ...image, ...unpublished, status: "rejected" },
        error: "The image is damaged or cut off: send another copy",
      },
    },
  },
  "image.failed": {
    type: "image.failed",
    timestamp,
    data: { owner, image: { ...image, ...unpublished, status: "failed", error: failed } },
  },
  "portrait.published": {
    type: "portrait.published",
    timestamp,
    data: { owner, world_id, piece: published },
  },
  "portrait.rejected": {
    type: "portrait.rejected",
    timestamp,
    data: {
      owner,
      world_id,
      piece: {
        ...pending,
        portrait_status: "rejected",
        portrait_error: "The image is damaged or cut off: send another copy",
      },
    },
  },
  "portrait.failed": {
    type: "portrait.failed",
    timestamp,
    data: {
      owner,
      world_id,
      piece: { ...pending, portrait_status: "failed", portrait_error: failed },
    },
  },
  "erasure.done": {
    type: "erasure.done",
    timestamp,
    data: { owner, erasure: { ...erasure, purge: "confirmed", done_at: timestamp } },
  },
  "export.ready": {
    type: "export.ready",
    timestamp,
    data: { owner, export: { ...readyExport, files: [] } },
  },
  "export.failed": {
    type: "export.failed",
    timestamp,
    data: {
      owner,
      export: {
        ...runningExport,
        status: "failed",
        error: {
          code: "image.deleted",
          message: "One of its images was deleted, so its files were removed: start a new export",
        },
      },
    },
  },
  test: { type: "test", timestamp, data: {} },
};

export const streamExamples = {
  requests: {
    characters: { value: { theme: "norse", count: 2 } },
    newPortrait: {
      value: {
        theme: "norse",
        repaint: { name: "Mira", description: sent.description, details: { traits: ["Fearless"] } },
      },
    },
  },
  response: `event: portrait_error\ndata: {"index":0,"portrait_error":"timeout"}\n\nevent: done\ndata: {}\n\n`,
};
