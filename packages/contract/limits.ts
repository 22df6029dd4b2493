/** Every limit of the API, shown in OpenAPI. Bytes are bytes of what is meant, 1 MB is 1,000,000. */
export const limits = {
  /** Characters in one `POST /characters`. */
  characters_per_request: 6,
  /** Pieces in one request; a larger world is sent in several. */
  pieces_per_request: 20,
  pieces_per_world: 200,
  /** The body of a request with pieces: Lambda refuses events over 6 MB. */
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
  /** Objects and arrays inside each other, `details` itself included. */
  details_depth: 8,

  /** A portrait as it was sent, decoded from base64. */
  portrait_bytes: 3_000_000,
  portrait_side_px: 4_096,
  /** A portrait made of an uploaded image is fitted into a square of this side. */
  fitted_portrait_side_px: 1_024,
  /** A portrait as it was generated: six of them fit one answer. */
  generated_portrait_bytes: 650_000,
  generated_portrait_side_px: 768,
  /** Characters that one owner may have generated, or repainted, in an hour. */
  generated_characters_per_hour: 120,

  /** An image as it is uploaded or re-hosted. */
  image_bytes: 20_000_000,
  image_side_min_px: 16,
  image_side_px: 12_000,
  image_pixels: 40_000_000,
  filename_chars: 200,

  /** Uploads of one owner that are neither complete nor expired. */
  outstanding_uploads: 20,
  outstanding_upload_bytes: 200_000_000,
  upload_url_seconds: 300,
  upload_seconds: 3_600,

  /** How long a link to Telegram can be used. */
  telegram_link_seconds: 600,

  /** The `sub` of a token. */
  subject_chars: 255,
} as const;
