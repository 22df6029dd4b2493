import type { PublishedFormat } from "../imaging/codec.ts";

/**
 * Every object key there is, to write and to read: import it as `objectKeys`. Keys are made of ids only, so
 * nothing that a caller sent is in them.
 */

export type BucketName = "images" | "incoming";

const extensions: Record<PublishedFormat, string> = { png: "png", jpeg: "jpg", webp: "webp" };

/** A new version of a portrait has a new key, because a key is written once. */
export function portrait(ids: { world_id: string; piece_id: string; version: number }): string {
  const { world_id, piece_id, version } = ids;
  const suffix = version === 1 ? "" : `_v${version}`;
  return `portraits/${world_id}/${piece_id}_portrait${suffix}.png`;
}

export const image = (image_id: string, format: PublishedFormat): string =>
  `images/${image_id}.${extensions[format]}`;

/** The keys that an image may get. Which one is known only after it has been sanitized. */
export const possibleImages = (image_id: string): string[] =>
  Object.values(extensions).map((extension) => `images/${image_id}.${extension}`);

/** In the incoming bucket. */
export const upload = (upload_id: string): string => `uploads/${upload_id}`;

/** What a key says about the object behind it. */
type ParsedKey =
  | { kind: "portrait"; world_id: string; piece_id: string; version: number }
  | { kind: "image"; image_id: string }
  | { kind: "upload"; image_id: string };

/** Reads a key of a bucket; undefined when it is none of ours. */
export function parse(bucket: BucketName, key: string): ParsedKey | undefined {
  if (bucket === "incoming") {
    const [, image_id] = key.match(form(`uploads/(${uuid})`)) ?? [];
    return image_id === undefined ? undefined : { kind: "upload", image_id };
  }
  const endings = Object.values(extensions).join("|");
  const [, image_id] = key.match(form(`images/(${uuid})\\.(?:${endings})`)) ?? [];
  if (image_id !== undefined) return { kind: "image", image_id };
  const portraitForm = form(`portraits/(${uuid})/(${uuid})_portrait(?:_v(\\d+))?\\.png`);
  const [, world_id, piece_id, version = "1"] = key.match(portraitForm) ?? [];
  if (world_id === undefined || piece_id === undefined) return undefined;
  return { kind: "portrait", world_id, piece_id, version: Number(version) };
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const form = (pattern: string) => new RegExp(`^${pattern}$`);
