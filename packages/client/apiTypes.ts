// Written by `npm run client-types` from the schemas of packages/contract: change those.
import type { CallOptions } from "./callOptions.ts";

/**
 * A JSON object of the caller's, without its portrait: at most 65536 bytes, 8 levels of objects and
 * arrays, no NUL and no unpaired surrogate in any text.
 */
export type ChangedDetails = Record<string, unknown>;

export type Dataset = {
  dataset_id: string;
  name: string;
  /** The word that a model learns for it. */
  trigger_word: string | null;
  item_count: number;
  /** Of its images, without their control images. */
  bytes: number;
  /** Its first image. */
  cover: DatasetImage | null;
  created_at: string;
  /** When the caller last changed it. An image that is deleted is no change. */
  updated_at: string;
  warnings: DatasetWarning[];
};

/**
 * An image without what people say of it, its `alt`, `caption` and `tags`: get the image for these.
 */
export type DatasetImage = {
  image_id: string;
  platform: "web" | "telegram" | "discord" | "url" | "base64";
  visibility: "public" | "private";
  status: "pending" | "published" | "rejected" | "failed";
  /**
   * Set when the image is published. Permanent for a public image; for a private one valid for 30
   * to 60 minutes: get the image again for another.
   */
  url: string | null;
  content_type: string | null;
  bytes: number | null;
  width: number | null;
  height: number | null;
  /** Of the published bytes, in lower-case hex. */
  sha256: string | null;
  /** A ThumbHash placeholder in base64. */
  thumbhash: string | null;
  /** Smaller copies, narrowest first; none of an image that is narrow itself. */
  variants: Variant[];
  /**
   * Whether its pixels were encoded again. Null until it is published, and for images of earlier
   * releases.
   */
  rewritten: boolean | null;
  /** What was lost: `animation_dropped` when only the first frame is published. */
  warnings: string[];
  /** For display only. */
  filename: string | null;
  error: string | null;
  created_at: string;
};

export type DatasetItem = {
  image: DatasetImage;
  /** Its place in the dataset, from 1. */
  position: number;
  caption: string | null;
  control_image: DatasetImage | null;
};

export type DatasetSummary = {
  dataset_id: string;
  name: string;
  /** The word that a model learns for it. */
  trigger_word: string | null;
  item_count: number;
  /** Of its images, without their control images. */
  bytes: number;
  /** Its first image. */
  cover: DatasetImage | null;
  created_at: string;
  /** When the caller last changed it. An image that is deleted is no change. */
  updated_at: string;
};

/**
 * What may make a dataset bad for training: `few_images` (under 10), `small_images` (a side under
 * 512 px), `duplicate_images` (equal SHA-256), `captions_missing`, `different_proportions` (of an
 * image and its control image, by more than 1 %).
 */
export type DatasetWarning = {
  code:
    | "few_images"
    | "small_images"
    | "duplicate_images"
    | "captions_missing"
    | "different_proportions";
  /** How many images it is about. */
  count: number;
  /** The first 100 of them. */
  image_ids: string[];
};

/** The caller's JSON object. Keepsake adds what is described here. */
export type Details = {
  /** The permanent URL of the portrait. */
  image_portrait?: string;
  /** Smaller copies of the portrait, and the portrait itself as the last. */
  image_portrait_variants?: Variant[];
  [key: string]: unknown;
};

/**
 * A JSON object of the caller's, with the portrait of a character: at most 65536 bytes without it,
 * 8 levels of objects and arrays, no NUL and no unpaired surrogate in any text.
 */
export type DraftDetails = {
  image_portrait_base64?: string | undefined;
  [key: string]: unknown;
};

export type Erasure = {
  erasure_id: string;
  /** Objects removed so far. */
  objects: number;
  /** Total size of the removed objects. */
  bytes: number;
  /**
   * `confirmed` when the CDN has removed every copy of every object; `failed` while a purge is
   * repeated. Browsers may still hold theirs.
   */
  purge: "confirmed" | "not_configured" | "failed" | null;
  created_at: string;
  /** When the last removal and purge were done, at least 16 minutes after the deletion. */
  done_at: string | null;
};

export type ErasureEventData = {
  /**
   * The product's own id of the user, as `GET /me` has it. Null for a Telegram account that is
   * linked to no user.
   */
  owner: string | null;
  erasure: Erasure;
};

/**
 * A copy of a dataset as it was when it was requested, for one trainer; or of everything that its
 * owner has.
 */
export type Export = {
  export_id: string;
  /** Null once the dataset is deleted, and of an export of everything. */
  dataset_id: string | null;
  /** That of the dataset when the export was requested. */
  name: string;
  /** `everything` holds all that its owner has. */
  layout: "pairs" | "kohya" | "imagefolder" | "control" | "everything";
  options: { repeats?: number; class?: string; size?: number };
  /**
   * `expired` from 24 hours after it was ready, when its files are removed. An export is listed for
   * a week.
   */
  status: "pending" | "ready" | "failed" | "expired";
  /**
   * Why it has failed: `image.deleted` when one of its images was deleted, or a world that it
   * holds.
   */
  error: {
    code:
      | "image.deleted"
      | "image.damaged"
      | "image.bad_dimensions"
      | "image.too_complex"
      | "export.failed";
    message: string;
  } | null;
  /**
   * Images of the dataset, without their control images; images and portraits of an export of
   * everything.
   */
  items: number;
  /** None until the export is ready, and none in an event. */
  files: ExportFile[];
  /** Those of the dataset when the export was requested. */
  warnings: DatasetWarning[];
  created_at: string;
  /** Null until it is ready. */
  expires_at: string | null;
};

/** The export, without its files: `GET /exports/{export_id}` has their URLs. */
export type ExportEventData = {
  /**
   * The product's own id of the user, as `GET /me` has it. Null for a Telegram account that is
   * linked to no user.
   */
  owner: string | null;
  export: Export;
};

/** A zip of at most 300 pictures, control images included, or 2,000 of an export of everything. */
export type ExportFile = {
  /** Valid for 30 to 60 minutes: get the export again for another. */
  url: string;
  filename: string;
  bytes: number;
  /** In lower-case hex. */
  sha256: string;
};

/** A piece as `POST /characters` returns it. `details.image_portrait_base64` holds its portrait. */
export type GeneratedCharacter = {
  type: "character" | "faction" | "setting" | "event" | "relic";
  name: string;
  description: string;
  details: GeneratedDetails;
  /** One of the caller's published images, to make the portrait from. */
  portrait_image_id?: string;
  /** Why a generated character has no portrait. Accepted, but not stored. */
  portrait_error?: "timeout" | "refused" | "failed";
};

/**
 * A JSON object of the caller's, with the portrait of a character: at most 65536 bytes without it,
 * 8 levels of objects and arrays, no NUL and no unpaired surrogate in any text.
 */
export type GeneratedDetails = {
  image_portrait_base64?: string;
  [key: string]: unknown;
};

export type Image = {
  image_id: string;
  platform: "web" | "telegram" | "discord" | "url" | "base64";
  visibility: "public" | "private";
  status: "pending" | "published" | "rejected" | "failed";
  /**
   * Set when the image is published. Permanent for a public image; for a private one valid for 30
   * to 60 minutes: get the image again for another.
   */
  url: string | null;
  content_type: string | null;
  bytes: number | null;
  width: number | null;
  height: number | null;
  /** Of the published bytes, in lower-case hex. */
  sha256: string | null;
  /** A ThumbHash placeholder in base64. */
  thumbhash: string | null;
  /** Smaller copies, narrowest first; none of an image that is narrow itself. */
  variants: Variant[];
  /**
   * Whether its pixels were encoded again. Null until it is published, and for images of earlier
   * releases.
   */
  rewritten: boolean | null;
  /** What was lost: `animation_dropped` when only the first frame is published. */
  warnings: string[];
  /** For display only. */
  filename: string | null;
  /** What the image shows, for people who do not see it. */
  alt: string | null;
  caption: string | null;
  /** In lower case, each once. */
  tags: string[];
  error: string | null;
  created_at: string;
};

/**
 * The image as the change left it. A private one has no `url` and no `variants` here: `GET
 * /images/{image_id}` has them.
 */
export type ImageEventData = {
  /**
   * The product's own id of the user, as `GET /me` has it. Null for a Telegram account that is
   * linked to no user.
   */
  owner: string | null;
  image: Image;
};

export type ListedErasure = {
  erasure_id: string;
  /** Objects removed so far. */
  objects: number;
  /** Total size of the removed objects. */
  bytes: number;
  /**
   * `confirmed` when the CDN has removed every copy of every object; `failed` while a purge is
   * repeated. Browsers may still hold theirs.
   */
  purge: "confirmed" | "not_configured" | "failed" | null;
  created_at: string;
  /** When the last removal and purge were done, at least 16 minutes after the deletion. */
  done_at: string | null;
  /**
   * What was erased: `owner` is everything, `portrait` one that was replaced, `export` the files of
   * one. Null when nothing had to be removed and it is not known.
   */
  subject: "image" | "world" | "piece" | "owner" | "portrait" | "export" | null;
};

export type Piece = {
  piece_id: string;
  type: "character" | "faction" | "setting" | "event" | "relic";
  name: string;
  description: string;
  details: Details;
  portrait_status: "none" | "pending" | "published" | "rejected" | "failed";
  /** Why there is no portrait, or not yet. */
  portrait_error: string | null;
};

/** A piece as `POST /characters` returns it. `details.image_portrait_base64` holds its portrait. */
export type PieceDraft = {
  type: "character" | "faction" | "setting" | "event" | "relic";
  /** At most 200 characters. */
  name: string;
  /** At most 4000 characters. */
  description: string;
  details: DraftDetails;
  /** One of the caller's published images, to make the portrait from. */
  portrait_image_id?: string | undefined;
  /** Why a generated character has no portrait. Accepted, but not stored. */
  portrait_error?: "timeout" | "refused" | "failed" | undefined;
};

export type PlacedItem = {
  image_id: string;
  /** Its place in the dataset, from 1. */
  position: number;
};

/** A version of a character's portrait. */
export type Portrait = {
  version: number;
  /** Permanent. */
  url: string;
  /** Smaller copies, and the portrait itself as the last. */
  variants: Variant[];
  is_current: boolean;
  /** Until then it can be brought back. Null for the current one. */
  erased_after: string | null;
};

/** The character as the change left it. */
export type PortraitEventData = {
  /**
   * The product's own id of the user, as `GET /me` has it. Null for a Telegram account that is
   * linked to no user.
   */
  owner: string | null;
  world_id: string;
  piece: Piece;
};

/**
 * As the character has them, within the same limits: 65536 bytes, 8 levels. A portrait in them is
 * accepted, but not used.
 */
export type RepaintDetails = Record<string, unknown>;

export type TelegramAccount = {
  /** Telegram's id of the user, in decimal digits. */
  telegram_id: string;
  /**
   * The user's name, or `@username`, as Telegram said when the account was linked. Null for
   * accounts that earlier releases linked.
   */
  name: string | null;
  linked_at: string;
};

/** A smaller copy of the picture, as WebP. */
export type Variant = {
  width: number;
  height: number;
  url: string;
};

export type World = {
  world_id: string;
  theme: string;
  title: string | null;
  story: string | null;
  image: WorldImage | null;
  created_at: string;
  page: WorldPage | null;
  pieces: Piece[];
};

/** The picture of a world. */
export type WorldImage = {
  image_id: string;
  /** Permanent. */
  url: string;
  width: number;
  height: number;
  /** A ThumbHash placeholder in base64. */
  thumbhash: string | null;
  /** Smaller copies, narrowest first; none of an image that is narrow itself. */
  variants: Variant[];
  alt: string | null;
};

/** The page that shows a world to anyone. */
export type WorldPage = {
  /** Random: another one each time the page is switched on. */
  page_id: string;
  url: string;
};

export type WorldSummary = {
  world_id: string;
  theme: string;
  title: string | null;
  story: string | null;
  image: WorldImage | null;
  created_at: string;
  piece_count: number;
  /** Portraits that are shown. */
  portrait_count: number;
  pending_portraits: number;
  /** The first portraits, at most 4. */
  cover: {
    /** Permanent. */
    url: string;
    /** Smaller copies, and the portrait itself as the last. */
    variants: Variant[];
  }[];
  /** Whether its public page is on. */
  has_page: boolean;
};

/** What `generateCharacters` takes. */
export type GenerateCharactersRequest = {
  /** At most 100 characters. */
  theme: string;
  /** 1 to 6. */
  count: number;
  /** At most 1000 characters. */
  prompt?: string | undefined;
  /**
   * The offline generators give the same characters for the same request and seed. At most 100
   * characters.
   */
  seed?: string | number | undefined;
  /** One of the caller's published images, to base the portraits on. */
  reference_image_id?: string | undefined;
};

/** What `createWorld` takes. */
export type CreateWorldRequest = {
  /** At most 100 characters. */
  theme: string;
  /** At most 200 characters. */
  title?: string | undefined;
  /** At most 20000 characters. */
  story?: string | undefined;
  /** One of the caller's published public images, as the world's picture. */
  image_id?: string | undefined;
  /** At most 20. */
  pieces: PieceDraft[];
};

/** What `listWorlds` takes. */
export type ListWorldsRequest = {
  /** 1 to 100. */
  limit?: number | undefined;
  /** `next_cursor` of the previous page: of the same list, with the same filters. */
  cursor?: string | undefined;
};

/** What `updateWorld` takes. */
export type UpdateWorldRequest = {
  world_id: string;
  /** At most 100 characters. */
  theme?: string | undefined;
  /** At most 200 characters. */
  title?: string | null | undefined;
  /** At most 20000 characters. */
  story?: string | null | undefined;
  /** One of the caller's published public images, as the world's picture. */
  image_id?: string | null | undefined;
};

/** What `addPieces` takes. */
export type AddPiecesRequest = {
  world_id: string;
  /** At most 20. */
  pieces: PieceDraft[];
};

/** What `replacePortrait` takes. */
export type ReplacePortraitRequest = {
  world_id: string;
  piece_id: string;
  image_portrait_base64?: string | undefined;
  image_id?: string | undefined;
};

/** What `updatePiece` takes. */
export type UpdatePieceRequest = {
  world_id: string;
  piece_id: string;
  /** At most 200 characters. */
  name?: string | undefined;
  /** At most 4000 characters. */
  description?: string | undefined;
  details?: ChangedDetails | undefined;
};

/** What `deletePiece` takes. */
export type DeletePieceRequest = {
  world_id: string;
  piece_id: string;
};

/** What `listPortraits` takes. */
export type ListPortraitsRequest = {
  world_id: string;
  piece_id: string;
};

/** What `restorePortrait` takes. */
export type RestorePortraitRequest = {
  world_id: string;
  piece_id: string;
  /** 1 to 2147483647. */
  version: number;
};

/** What `presignUpload` takes. */
export type PresignUploadRequest = {
  content_type: "image/png" | "image/jpeg" | "image/webp" | "image/avif" | "image/gif";
  /** In bytes. 1 to 20000000. */
  size: number;
  /** Of the file, in lower-case hex. */
  sha256: string;
  /** For display only. At most 4096 characters. */
  filename?: string | undefined;
  /** `public` by default, and fixed from then on. A private image has no permanent URL. */
  visibility?: "public" | "private" | undefined;
  /**
   * `true` by default: the text that an image generator wrote into a PNG as `parameters` becomes
   * the caption when the image is published and has none, cut to 10,000 characters.
   */
  keep_prompt?: boolean | undefined;
  /**
   * Answers 200 with the caller's published image of the same file and visibility, if there is one:
   * nothing is sent then. Its file name stays.
   */
  reuse?: boolean | undefined;
};

/** What `createImage` takes. */
export type CreateImageRequest = {
  image_base64: string;
  /** For display only. At most 4096 characters. */
  filename?: string | undefined;
  /** `public` by default, and fixed from then on. A private image has no permanent URL. */
  visibility?: "public" | "private" | undefined;
  /**
   * `true` by default: the text that an image generator wrote into a PNG as `parameters` becomes
   * the caption when the image is published and has none, cut to 10,000 characters.
   */
  keep_prompt?: boolean | undefined;
  /**
   * Answers 200 with the caller's published image of the same bytes and visibility, if there is
   * one. Its file name stays.
   */
  reuse?: boolean | undefined;
};

/** What `listImages` takes. */
export type ListImagesRequest = {
  /** 1 to 100. */
  limit?: number | undefined;
  /** `next_cursor` of the previous page: of the same list, with the same filters. */
  cursor?: string | undefined;
  platform?: "web" | "telegram" | "discord" | "url" | "base64" | undefined;
  visibility?: "public" | "private" | undefined;
  /** Upper and lower case are the same. At most 50 characters. */
  tag?: string | undefined;
  /**
   * Words, or beginnings of words, that all are in the file name, the caption or the alt text.
   * Words are separated by spaces and ASCII punctuation; upper and lower case are the same. At most
   * 200 characters.
   */
  q?: string | undefined;
  /** Created before this time. */
  before?: string | undefined;
  /** Created at this time or later. */
  after?: string | undefined;
  /** By creation; `newest` first by default. */
  order?: "newest" | "oldest" | undefined;
};

/** What `updateImage` takes. */
export type UpdateImageRequest = {
  image_id: string;
  /** At most 1000 characters. */
  alt?: string | null | undefined;
  /** At most 10000 characters. */
  caption?: string | null | undefined;
  /** Replaces all tags. They are kept in lower case, each once. At most 20. */
  tags?: string[] | null | undefined;
  /** At most 4096 characters. */
  filename?: string | null | undefined;
};

/** What `deleteImage` takes. */
export type DeleteImageRequest = {
  image_id: string;
  /**
   * Deletes the portraits that are made of the image too, and takes it from the worlds whose
   * picture it is and out of the caller's datasets.
   */
  force?: boolean | undefined;
};

/** What `createDataset` takes. */
export type CreateDatasetRequest = {
  /** At most 200 characters. */
  name: string;
  /** At most 50 characters. */
  trigger_word?: string | null | undefined;
};

/** What `listDatasets` takes. */
export type ListDatasetsRequest = {
  /** 1 to 100. */
  limit?: number | undefined;
  /** `next_cursor` of the previous page: of the same list, with the same filters. */
  cursor?: string | undefined;
};

/** What `updateDataset` takes. */
export type UpdateDatasetRequest = {
  dataset_id: string;
  /** At most 200 characters. */
  name?: string | undefined;
  /** At most 50 characters. */
  trigger_word?: string | null | undefined;
};

/** What `listDatasetItems` takes. */
export type ListDatasetItemsRequest = {
  dataset_id: string;
  /** 1 to 100. */
  limit?: number | undefined;
  /** `next_cursor` of the previous page: of the same list, with the same filters. */
  cursor?: string | undefined;
};

/** What `putDatasetItems` takes. */
export type PutDatasetItemsRequest = {
  dataset_id: string;
  /** Each image once. At most 200. */
  items: {
    /** One of the caller's published images, public or private. */
    image_id: string;
    /** At most 4000 characters. */
    caption?: string | null | undefined;
    /** One of the caller's published images: what the image was made from, for training edits. */
    control_image_id?: string | null | undefined;
  }[];
  /**
   * Moves all images of the request, in the order sent, behind this one of the dataset; null moves
   * them to its beginning.
   */
  after?: string | null | undefined;
};

/** What `deleteDatasetItem` takes. */
export type DeleteDatasetItemRequest = {
  dataset_id: string;
  image_id: string;
};

/** What `importCaptions` takes. */
export type ImportCaptionsRequest = {
  dataset_id: string;
  /**
   * Lines of JSON with `file_name` and `text`, as Hugging Face's ImageFolder has them: 5000 at
   * most. At most 5500000 characters.
   */
  metadata: string;
};

/** What `createExport` takes. */
export type CreateExportRequest = {
  dataset_id: string;
  /**
   * `pairs`: images with captions beside them. `kohya`: a folder named by repeats, trigger word and
   * class. `imagefolder`: Hugging Face's, with a metadata.jsonl. `control`: pairs of images in two
   * folders.
   */
  layout: "pairs" | "kohya" | "imagefolder" | "control";
  /** Of `kohya` only; 10 by default. 1 to 1000. */
  repeats?: number | undefined;
  /**
   * What the trigger word is one of, such as `person`. Of `kohya` only; it is the caption of images
   * without one, too. At most 50 characters.
   */
  class?: string | undefined;
  /** Makes larger images smaller, to at most this many pixels a side. 64 to 4096. */
  size?: number | undefined;
};

/** What `rehostImage` takes. */
export type RehostImageRequest = {
  /**
   * Works on the image for up to 25 seconds before it answers, with 200 when that was enough; on at
   * most 10 images of an owner at a time. An image that can never be published is then an error.
   */
  wait?: boolean | undefined;
  source:
    | {
        platform: "telegram";
        /** At most 500 characters. */
        file_id: string;
        /** At most 100 characters. */
        file_unique_id: string;
      }
    | {
        platform: "discord";
        /** At most 2000 characters. */
        url: string;
      }
    | {
        platform: "url";
        /**
         * An https URL of a host that `GET /rehosts/hosts` lists, without port and credentials. Its
         * image is kept, the URL only until then. At most 2000 characters.
         */
        url: string;
        /**
         * The caller's own name for the image, such as the provider's id of it: what has the same is
         * the same image, whatever its URL. By default the URL without its signature. At most 500
         * characters.
         */
        ref?: string | undefined;
      };
  /** `public` by default, and fixed from then on. A private image has no permanent URL. */
  visibility?: "public" | "private" | undefined;
  /**
   * `true` by default: the text that an image generator wrote into a PNG as `parameters` becomes
   * the caption when the image is published and has none, cut to 10,000 characters.
   */
  keep_prompt?: boolean | undefined;
};

/** What `createToken` takes. */
export type CreateTokenRequest = {
  /** The product's own id of the user: `sub` of the token. At most 255 characters. */
  owner: string;
  /** The user's name, for display only. At most 200 characters. */
  name?: string | undefined;
  /** In seconds. 1 to 3600. Default: 3600. */
  expires_in?: number | undefined;
};

/** What `listErasures` takes. */
export type ListErasuresRequest = {
  /** 1 to 100. */
  limit?: number | undefined;
  /** `next_cursor` of the previous page: of the same list, with the same filters. */
  cursor?: string | undefined;
};

/** What `presignUpload` resolves to. */
export type PresignedUpload = {
  upload_id: string;
  url: string;
  method: "PUT";
  /** Send exactly these with the PUT. */
  headers: Record<string, string>;
  url_expires_at: string;
  /** Complete the upload before this time. */
  expires_at: string;
};

/** What `getOwner` resolves to. */
export type Owner = {
  /** The caller: `sub` of its token. */
  owner: string;
  usage: {
    /** Published images, of every platform. */
    images: number;
    /** Of published images and portraits, with their smaller copies. */
    stored_bytes: number;
    /** In the last hour, with new portraits of characters. */
    generated_characters: number;
    /** Pending uploads whose URL has not expired. */
    outstanding_uploads: number;
    outstanding_upload_bytes: number;
    /** URLs that have not expired, whatever became of their uploads. */
    live_upload_urls: number;
    datasets: number;
    /** Of datasets, in the last 24 hours. */
    started_exports: number;
    /** Of everything, in the last 24 hours. */
    started_owner_exports: number;
  };
  /** The most of each that is used; null without a limit. */
  limits: {
    images: number | null;
    stored_bytes: number | null;
    generated_characters: number;
    outstanding_uploads: number;
    outstanding_upload_bytes: number;
    live_upload_urls: number;
    datasets: number;
    /** Images of one dataset. */
    dataset_items: number;
    started_exports: number;
    started_owner_exports: number;
    /**
     * What one file may have. `image_pixels` holds for all but JPEG and AVIF; portraits are those
     * sent in base64.
     */
    files: {
      image_bytes: number;
      image_side_min_px: number;
      image_side_px: number;
      image_pixels: number;
      jpeg_pixels: number;
      avif_pixels: number;
      portrait_bytes: number;
      portrait_side_px: number;
    };
  };
};

/** The body of `streamCharacters`. */
export type CharacterStreamRequest =
  | {
      /** At most 100 characters. */
      theme: string;
      /** 1 to 6. */
      count: number;
      /** At most 1000 characters. */
      prompt?: string | undefined;
      /**
       * The offline generators give the same characters for the same request and seed. At most 100
       * characters.
       */
      seed?: string | number | undefined;
      /** One of the caller's published images, to base the portraits on. */
      reference_image_id?: string | undefined;
    }
  | {
      /** At most 100 characters. */
      theme: string;
      repaint: {
        /** At most 200 characters. */
        name: string;
        /** At most 4000 characters. */
        description: string;
        details: RepaintDetails;
      };
      /**
       * The offline generators give the same characters for the same request and seed. At most 100
       * characters.
       */
      seed?: string | number | undefined;
      /** One of the caller's published images, to base the portraits on. */
      reference_image_id?: string | undefined;
    };

/** What `WEBHOOK_URL` receives, once its signature is verified. Later releases add types: answer 2xx to those. */
export type WebhookEvent =
  /** An upload or a re-hosted image is published. */
  | {
      type: "image.published";
      timestamp: string;
      data: ImageEventData;
    }
  /** An upload or a re-hosted image can never be published, or did not arrive. */
  | {
      type: "image.rejected";
      timestamp: string;
      data: ImageEventData;
    }
  /** An image could not be published in many attempts. It may be later. */
  | {
      type: "image.failed";
      timestamp: string;
      data: ImageEventData;
    }
  /** A portrait is published, in its first or a later version. */
  | {
      type: "portrait.published";
      timestamp: string;
      data: PortraitEventData;
    }
  /** A portrait can never be published. */
  | {
      type: "portrait.rejected";
      timestamp: string;
      data: PortraitEventData;
    }
  /** A portrait could not be published in many attempts. It may be later. */
  | {
      type: "portrait.failed";
      timestamp: string;
      data: PortraitEventData;
    }
  /** What was deleted is removed and purged. */
  | {
      type: "erasure.done";
      timestamp: string;
      data: ErasureEventData;
    }
  /** The files of an export are written. */
  | {
      type: "export.ready";
      timestamp: string;
      data: ExportEventData;
    }
  /** An export could not be written, or one of its images was deleted meanwhile. */
  | {
      type: "export.failed";
      timestamp: string;
      data: ExportEventData;
    }
  /** The operator tries the receiver, with `npm run webhook -- test`. */
  | {
      type: "test";
      timestamp: string;
      data: Record<string, never>;
    };

/** Why a request failed. Later releases add codes. */
export type ErrorCode =
  | "body.malformed"
  | "token.refused"
  | "webhook.refused"
  | "route.not_found"
  | "world.not_found"
  | "piece.not_found"
  | "portrait.not_found"
  | "upload.not_found"
  | "image.not_found"
  | "erasure.not_found"
  | "dataset.not_found"
  | "item.not_found"
  | "export.not_found"
  | "idempotency_key.reused"
  | "world.full"
  | "upload.not_received"
  | "upload.completed"
  | "owner.full"
  | "dataset.full"
  | "dataset.too_many"
  | "upload.refused"
  | "image.in_use"
  | "image.not_published"
  | "image.private"
  | "export.running"
  | "upload.expired"
  | "image.deleted"
  | "request.too_large"
  | "world.too_large"
  | "body.not_json"
  | "input.invalid"
  | "owner.missing"
  | "piece.not_a_character"
  | "upload.altered"
  | "source.refused"
  | "source.too_large"
  | "source.gone"
  | "image.not_base64"
  | "image.mislabelled"
  | "image.unsupported"
  | "image.too_large"
  | "image.bad_dimensions"
  | "image.damaged"
  | "image.too_complex"
  | "image.carries_data"
  | "dataset.empty"
  | "dataset.control_missing"
  | "reference.unsupported"
  | "export.too_large"
  | "generation.refused"
  | "upload.too_many"
  | "link.too_many"
  | "export.too_many"
  | "generation.too_many"
  | "generation.busy"
  | "server.failed"
  | "generation.failed"
  | "export.failed"
  | "service.unavailable"
  | "portrait.late"
  | "export.late"
  | "generation.late";

/** A method per route of the API. */
export interface ApiMethods {
  /** Generates characters with portraits. Nothing is stored. */
  generateCharacters(
    input: GenerateCharactersRequest,
    options?: CallOptions,
  ): Promise<{ characters: GeneratedCharacter[] }>;

  /** Saves a world with its pieces. Portraits are published within seconds. */
  createWorld(input: CreateWorldRequest, options?: CallOptions): Promise<{ world: World }>;

  /**
   * The caller's worlds, newest first, without their pieces, but with what a list shows of them.
   */
  listWorlds(
    input?: ListWorldsRequest,
    options?: CallOptions,
  ): Promise<{
    worlds: WorldSummary[];
    /** The `cursor` of the next page; null after the last. */
    next_cursor: string | null;
  }>;

  /** One world with its pieces. Portraits are URLs, never base64. */
  getWorld(input: { world_id: string }, options?: CallOptions): Promise<{ world: World }>;

  /** Changes a world. Fields that are left out stay; null clears. */
  updateWorld(input: UpdateWorldRequest, options?: CallOptions): Promise<{ world: World }>;

  /**
   * Deletes a world. Its images are removed when the erasure is done. For an hour, a repeated
   * request gets the same erasure, then 404.
   */
  deleteWorld(input: { world_id: string }, options?: CallOptions): Promise<{ erasure: Erasure }>;

  /** Adds pieces to a world. */
  addPieces(input: AddPiecesRequest, options?: CallOptions): Promise<{ pieces: Piece[] }>;

  /** Replaces a character's portrait. The old one stays until the new one is published. */
  replacePortrait(input: ReplacePortraitRequest, options?: CallOptions): Promise<{ piece: Piece }>;

  /**
   * Changes the text of a piece. Fields that are left out stay. `details` replaces the caller's
   * keys, and its portrait stays.
   */
  updatePiece(input: UpdatePieceRequest, options?: CallOptions): Promise<{ piece: Piece }>;

  /**
   * Deletes a piece. Its portrait is removed when the erasure is done. For an hour, a repeated
   * request gets the same erasure, then 404.
   */
  deletePiece(input: DeletePieceRequest, options?: CallOptions): Promise<{ erasure: Erasure }>;

  /**
   * The versions of a character's portrait. The current one, and the newest 100 of those that were
   * replaced in the past 24 hours, newest first.
   */
  listPortraits(
    input: ListPortraitsRequest,
    options?: CallOptions,
  ): Promise<{ portraits: Portrait[] }>;

  /**
   * Brings a replaced portrait back, as long as it exists. The one that is shown until then can be
   * brought back for 24 hours; one that is pending is given up. Safe to repeat.
   */
  restorePortrait(input: RestorePortraitRequest, options?: CallOptions): Promise<{ piece: Piece }>;

  /**
   * Switches the public page of a world on. Anyone who knows its address sees the world there, with
   * public images only. A page that is on stays as it is; one that was off gets a new address.
   */
  publishWorldPage(
    input: { world_id: string },
    options?: CallOptions,
  ): Promise<{ page: WorldPage }>;

  /** Switches the public page of a world off, for good. Its address shows nothing again. */
  unpublishWorldPage(input: { world_id: string }, options?: CallOptions): Promise<undefined>;

  /** Starts an upload. Returns a URL to PUT exactly this file to, once, within 5 minutes. */
  presignUpload(
    input: PresignUploadRequest,
    options?: CallOptions,
  ): Promise<{ image: Image } | PresignedUpload>;

  /**
   * Checks the uploaded file and publishes a sanitized copy. Safe to repeat; 503 when the file
   * could not be read whole.
   */
  completeUpload(input: { upload_id: string }, options?: CallOptions): Promise<{ image: Image }>;

  /**
   * Cancels an upload that is not published. It no longer counts as pending, and what arrived is
   * erased once its URL has expired. Safe to repeat.
   */
  cancelUpload(input: { upload_id: string }, options?: CallOptions): Promise<undefined>;

  /** Publishes an image that the request itself holds, of up to 4 MB. A larger one is uploaded. */
  createImage(
    input: CreateImageRequest,
    options?: CallOptions,
  ): Promise<{ image: Image; reused: true } | { image: Image }>;

  /**
   * The caller's images, newest first unless `order` says otherwise. With several filters, those
   * that match all of them.
   */
  listImages(
    input?: ListImagesRequest,
    options?: CallOptions,
  ): Promise<{
    images: Image[];
    /** The `cursor` of the next page; null after the last. */
    next_cursor: string | null;
  }>;

  /** One image. */
  getImage(input: { image_id: string }, options?: CallOptions): Promise<{ image: Image }>;

  /** Changes what is said about an image. Fields that are left out stay; null clears. */
  updateImage(input: UpdateImageRequest, options?: CallOptions): Promise<{ image: Image }>;

  /**
   * Deletes an image. It is removed from the CDN when the erasure is done. 409 while portraits are
   * made of it, it is the picture of a world, or it is in a dataset. For an hour, a repeated
   * request gets the same erasure, then 404.
   */
  deleteImage(input: DeleteImageRequest, options?: CallOptions): Promise<{ erasure: Erasure }>;

  /** Creates a dataset. A set of the caller's images with captions, for training. */
  createDataset(input: CreateDatasetRequest, options?: CallOptions): Promise<{ dataset: Dataset }>;

  /** The caller's datasets, newest first, without their warnings. */
  listDatasets(
    input?: ListDatasetsRequest,
    options?: CallOptions,
  ): Promise<{
    datasets: DatasetSummary[];
    /** The `cursor` of the next page; null after the last. */
    next_cursor: string | null;
  }>;

  /** One dataset, with what its images lack for training. */
  getDataset(input: { dataset_id: string }, options?: CallOptions): Promise<{ dataset: Dataset }>;

  /** Changes a dataset's name or trigger word. Fields that are left out stay; null clears. */
  updateDataset(input: UpdateDatasetRequest, options?: CallOptions): Promise<{ dataset: Dataset }>;

  /** Deletes a dataset. Its images stay. */
  deleteDataset(input: { dataset_id: string }, options?: CallOptions): Promise<undefined>;

  /** The images of a dataset with their captions, in their order. */
  listDatasetItems(
    input: ListDatasetItemsRequest,
    options?: CallOptions,
  ): Promise<{
    items: DatasetItem[];
    /** The `cursor` of the next page; null after the last. */
    next_cursor: string | null;
  }>;

  /**
   * Adds images to a dataset, and changes or moves those that are in it. New ones go to its end.
   * Those in it keep their place, and the caption and control image that the request leaves out;
   * null clears. A dataset holds 1000 images. Safe to repeat.
   */
  putDatasetItems(
    input: PutDatasetItemsRequest,
    options?: CallOptions,
  ): Promise<{
    dataset: Dataset;
    /** Those of the request, in the order of the dataset. */
    items: PlacedItem[];
  }>;

  /** Takes an image out of a dataset. The image itself stays. Safe to repeat. */
  deleteDatasetItem(input: DeleteDatasetItemRequest, options?: CallOptions): Promise<undefined>;

  /**
   * Sets captions from a `metadata.jsonl`, whose file names are matched to those of the dataset's
   * images. A name is compared whole, then without its folders, then without its extension too; a
   * match counts when neither side has another one. Of several lines for an image the last counts.
   * Safe to repeat.
   */
  importCaptions(
    input: ImportCaptionsRequest,
    options?: CallOptions,
  ): Promise<{
    matched: {
      /** From 1. */
      line: number;
      file_name: string;
      image_id: string;
    }[];
    unmatched: {
      /** From 1. */
      line: number;
      /** For display only. */
      file_name?: string;
      reason:
        | "not_json"
        | "no_file_name"
        | "no_text"
        | "text_too_long"
        | "text_not_storable"
        | "not_in_dataset"
        | "ambiguous";
    }[];
    dataset: Dataset;
  }>;

  /**
   * Begins an export of a dataset as it is now. 200 with the ready export that has the same
   * content, if there is one; a repeated request gets the running one.
   */
  createExport(input: CreateExportRequest, options?: CallOptions): Promise<{ export: Export }>;

  /** The exports of a dataset in the past week, newest first. */
  listExports(input: { dataset_id: string }, options?: CallOptions): Promise<{ exports: Export[] }>;

  /** One export, with URLs of its files once it is ready. */
  getExport(input: { export_id: string }, options?: CallOptions): Promise<{ export: Export }>;

  /** Cancels an export that is running, or removes its files. */
  deleteExport(input: { export_id: string }, options?: CallOptions): Promise<undefined>;

  /**
   * Re-hosts an image from another platform, or of a URL. 202 while it is fetched, 200 when
   * published. The same file again is the same image: under any signature of its URL at the hosts
   * of the default list, S3, R2, CloudFront, Azure and Google Cloud Storage, and elsewhere with the
   * same `ref`. One that was rejected gets a new image_id when it is sent again with another URL or
   * message. The same URL is tried again a minute after an attempt that could not fetch it.
   */
  rehostImage(input: RehostImageRequest, options?: CallOptions): Promise<{ image: Image }>;

  /**
   * The hosts that images can be re-hosted from by URL. `*.` stands for every subdomain, and not
   * for the domain itself.
   */
  listRehostHosts(
    input?: Record<string, never>,
    options?: CallOptions,
  ): Promise<{ hosts: string[] }>;

  /** A one-time link, valid for 10 minutes, that links a Telegram account to the caller. */
  linkTelegram(
    input?: Record<string, never>,
    options?: CallOptions,
  ): Promise<{ url: string; expires_at: string }>;

  /** The Telegram accounts that are linked to the caller, the last one first. */
  listTelegramAccounts(
    input?: Record<string, never>,
    options?: CallOptions,
  ): Promise<{ accounts: TelegramAccount[] }>;

  /**
   * Unlinks a Telegram account, as /unlink to the bot does. Its images are no longer among the
   * caller's, and exports that may hold them end. 204 too when it is not linked to the caller.
   */
  unlinkTelegram(input: { telegram_id: string }, options?: CallOptions): Promise<undefined>;

  /**
   * A token for the page of one of a product's users. Takes a service key only, and stops with that
   * key.
   */
  createToken(
    input: CreateTokenRequest,
    options?: CallOptions,
  ): Promise<{ token: string; expires_at: string }>;

  /**
   * What the caller uses, and its limits. A linked Telegram account counts for itself, not for the
   * caller.
   */
  getOwner(input?: Record<string, never>, options?: CallOptions): Promise<Owner>;

  /** Deletes all data of the caller, linked Telegram accounts included. */
  eraseOwner(input?: Record<string, never>, options?: CallOptions): Promise<{ erasure: Erasure }>;

  /**
   * Begins an export of everything that the caller has, linked Telegram accounts included.
   * Published images as they are, portraits, and their texts. 200 with the ready one when nothing
   * has changed since; a repeated request gets the running one.
   */
  exportOwner(input?: Record<string, never>, options?: CallOptions): Promise<{ export: Export }>;

  /** The exports of everything in the past week, newest first. */
  listOwnerExports(
    input?: Record<string, never>,
    options?: CallOptions,
  ): Promise<{ exports: Export[] }>;

  /**
   * What was erased of the caller, newest first. What it deleted, and what was removed by itself,
   * such as the files of expired exports.
   */
  listErasures(
    input?: ListErasuresRequest,
    options?: CallOptions,
  ): Promise<{
    erasures: ListedErasure[];
    /** The `cursor` of the next page; null after the last. */
    next_cursor: string | null;
  }>;

  /** The progress of a deletion. */
  getErasure(input: { erasure_id: string }, options?: CallOptions): Promise<{ erasure: Erasure }>;

  /** This document. */
  openapi(input?: Record<string, never>, options?: CallOptions): Promise<Record<string, unknown>>;

  /**
   * Checks that the API and its database respond. `pending` when the database lacks a migration of
   * this release.
   */
  health(
    input?: Record<string, never>,
    options?: CallOptions,
  ): Promise<{ status: "ok"; migrations: "applied" | "pending" }>;
}
