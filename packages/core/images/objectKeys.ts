import type { PublishedFormat } from "../imaging/codec.ts";

export type BucketName = "images" | "incoming";

/** What a key says about the object behind it. */
export type ParsedKey =
  | { kind: "portrait"; world_id: string; piece_id: string; version: number }
  | { kind: "image"; image_id: string }
  | { kind: "upload"; image_id: string };

const extensions: Record<PublishedFormat, string> = { png: "png", jpeg: "jpg", webp: "webp" };

/**
 * Every object key there is, to write and to read. Keys are made of ids only: nothing that a caller sent
 * is in them.
 */
export const objectKeys = {
  /** A new version of a portrait has a new key, because a key is written once. */
  portrait(portrait: { world_id: string; piece_id: string; version: number }): string {
    const { world_id, piece_id, version } = portrait;
    const suffix = version === 1 ? "" : `_v${version}`;
    return `portraits/${world_id}/${piece_id}_portrait${suffix}.png`;
  },

  image: (image_id: string, format: PublishedFormat): string =>
    `images/${image_id}.${extensions[format]}`,

  /** The keys that an image may get. Which one is known only after it has been sanitized. */
  possibleImages: (image_id: string): string[] =>
    Object.values(extensions).map((extension) => `images/${image_id}.${extension}`),

  /** In the incoming bucket. */
  upload: (upload_id: string): string => `uploads/${upload_id}`,

  /** Reads a key of a bucket; undefined when it is none of ours. */
  parse(bucket: BucketName, key: string): ParsedKey | undefined {
    if (bucket === "incoming") {
      const [, image_id] = uploadForm.exec(key) ?? [];
      return image_id === undefined ? undefined : { kind: "upload", image_id };
    }
    const [, image_id] = imageForm.exec(key) ?? [];
    if (image_id !== undefined) return { kind: "image", image_id };
    const [, world_id, piece_id, version = "1"] = portraitForm.exec(key) ?? [];
    if (world_id === undefined || piece_id === undefined) return undefined;
    return { kind: "portrait", world_id, piece_id, version: Number(version) };
  },
};

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const portraitForm = new RegExp(`^portraits/(${uuid})/(${uuid})_portrait(?:_v(\\d+))?\\.png$`);
const imageForm = new RegExp(`^images/(${uuid})\\.(?:${Object.values(extensions).join("|")})$`);
const uploadForm = new RegExp(`^uploads/(${uuid})$`);
