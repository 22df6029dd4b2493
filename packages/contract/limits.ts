/** Every limit of the API, shown in OpenAPI. 1 MB is 1,000,000 bytes. */
export const limits = {
  /** Characters in one `POST /characters`. */
  characters_per_request: 6,
  /** Pieces in one request. A larger world needs several. */
  pieces_per_request: 20,
  pieces_per_world: 200,
  /** The pieces of a world as JSON text, with its quotation marks escaped once more: Lambda sends up to 6 MB. */
  world_bytes: 5_000_000,
  /** Replaced versions of a portrait that are listed: the newest ones. */
  portraits_listed: 100,
  /** The body of a request with pieces. Lambda rejects events over 6 MB. */
  pieces_body_bytes: 5_500_000,
  page_size: 100,

  theme_chars: 100,
  prompt_chars: 1_000,
  seed_chars: 100,
  title_chars: 200,
  story_chars: 20_000,
  name_chars: 200,
  description_chars: 4_000,

  /** `details` as JSON, without its portrait. */
  details_bytes: 65_536,
  /** Nested objects and arrays, `details` itself included. */
  details_depth: 8,

  /** A portrait that a caller sends, decoded from base64. */
  portrait_bytes: 3_000_000,
  portrait_side_px: 4_096,
  /** A portrait as it is published: a picture that needs more as a PNG is made smaller. */
  published_portrait_bytes: 8_000_000,
  /** A portrait made from an uploaded image is scaled down to fit a square of this side. */
  fitted_portrait_side_px: 1_024,
  /** A generated portrait: six of them fit one response. */
  generated_portrait_bytes: 650_000,
  generated_portrait_side_px: 768,
  /** Characters, and new portraits of them, that one owner may generate in an hour. */
  generated_characters_per_hour: 120,

  /** An uploaded or re-hosted image. */
  image_bytes: 20_000_000,
  image_side_min_px: 16,
  image_side_px: 12_000,
  image_pixels: 40_000_000,
  /** A JPEG decodes fast and row by row; an AVIF slowly and as a whole: 40 megapixels of noise take 9 s and 1.5 GB. */
  jpeg_pixels: 52_000_000,
  avif_pixels: 16_000_000,
  /** Published images and portraits have WebP copies of these widths, where they are wider themselves. */
  variant_widths_px: [320, 960],
  /** A file name, or a path to it, that a caller sends. What is shown of it is cut to `filename_chars`. */
  sent_filename_chars: 4_096,
  filename_chars: 200,

  /** An image that is sent as base64 in a request, decoded from it. Larger ones are uploaded. */
  sent_image_bytes: 4_000_000,
  /** The body of such a request. */
  image_body_bytes: 5_500_000,
  /** Such images of one owner that requests are publishing at the same time. */
  images_in_flight: 20,
  /** How long such an image may stay unfinished after its last attempt began. Then the sweep removes it. */
  unfinished_image_seconds: 300,

  /** What people say about an image. */
  alt_chars: 1_000,
  caption_chars: 10_000,
  tags_per_image: 20,
  tag_chars: 50,
  /** The words to search images for. */
  search_chars: 200,

  /** Datasets of one owner, and what one may have. */
  datasets: 200,
  dataset_name_chars: 200,
  trigger_word_chars: 50,
  dataset_items: 1_000,
  dataset_items_per_request: 200,
  dataset_caption_chars: 4_000,
  /** A `metadata.jsonl` with captions that a request sends. Lambda rejects events over 6 MB. */
  captions_chars: 5_500_000,
  captions_lines: 5_000,

  /** Pending uploads of one owner whose URL has not expired. */
  outstanding_uploads: 20,
  outstanding_upload_bytes: 200_000_000,
  /** URLs of one owner that have not expired, whatever became of their uploads. */
  live_upload_urls: 200,
  upload_url_seconds: 300,
  upload_seconds: 3_600,

  /** How long the URL of a private image is valid, from a time that is rounded down to the second one. */
  private_url_seconds: 3_600,
  private_url_rounding_seconds: 1_800,

  /** How long a link to a Telegram account is valid. */
  telegram_link_seconds: 600,
  /** Links to Telegram accounts of one owner that are neither used nor expired. */
  telegram_links: 10,
  /** A caller's name, as the bot shows it. */
  caller_name_chars: 64,

  /** Telegram's ids of a file: the one to download it with, and the one that never changes. */
  telegram_file_id_chars: 500,
  telegram_file_unique_id_chars: 100,
  /** The URL of an image to re-host, and the caller's own name for that image. */
  source_url_chars: 2_000,
  source_ref_chars: 500,
  /** Images of one owner, of URLs and of Discord, that are not fetched yet. */
  pending_rehosts: 200,
  /** How long `POST /rehosts?wait` works on the image before it answers 202. */
  rehost_wait_seconds: 25,
  /** Images of one owner that such requests work on at the same time. Others are answered 202 at once. */
  rehosts_in_flight: 10,

  /** Exports that an owner may start in 24 hours. */
  exports_per_day: 5,
  /** Control images count too. */
  pictures_per_export_file: 300,
  /** A zip, as estimated before it is written. */
  export_file_bytes: 2_000_000_000,
  /** All zips of an export, as estimated before they are written. */
  export_bytes: 20_000_000_000,
  /** Exports of everything that an owner may start in 24 hours, besides those of datasets. */
  owner_exports_per_day: 5,
  pictures_per_owner_export_file: 2_000,
  /** Of one export of everything: a bound on work, far above what one person stores. */
  owner_export_bytes: 1_000_000_000_000,
  /** How long the files of an export are kept after it is ready. */
  export_seconds: 86_400,
  export_side_min_px: 64,
  export_side_px: 4_096,
  export_repeats: 1_000,
  export_class_chars: 50,

  /** The longest wait that is accepted from a platform or an AI provider. */
  retry_after_seconds: 3_600,

  /** The `sub` of a token, and the owner that a service key acts for. */
  subject_chars: 255,
  /** Service keys that are not revoked. */
  service_keys: 100,
  service_key_name_chars: 100,
  /** How long a page token is valid. */
  page_token_seconds: 3_600,
} as const;

/** Reads `OWNER_BYTES`, the bytes that an owner may store; 0, no limit, when it is not set. */
export function ownerBytes(setting: string | undefined): number {
  const bytes = Number(setting || 0);
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new Error(`OWNER_BYTES must be a number of bytes such as 5000000000, not "${setting}"`);
  return bytes;
}
