import { limits } from "@keepsake/contract/limits";
import type { PublishedFormat } from "../imaging/chooseEncoding.ts";
import type { BucketName } from "../ports.ts";

/**
 * Every object key there is, to write and to read: import it as `objectKeys`. Keys are made of ids only, so
 * nothing that a caller sent is in them.
 */

/** The bucket of published images. */
export const bucketOf = (visibility: "public" | "private"): BucketName =>
  visibility === "private" ? "private" : "images";

const extensions: Record<PublishedFormat, string> = { png: "png", jpeg: "jpg", webp: "webp" };

/** A new version of a portrait has a new key, because a key is written once. */
export function portrait(ids: { world_id: string; piece_id: string; version: number }): string {
  const { world_id, piece_id, version } = ids;
  const suffix = version === 1 ? "" : `_v${version}`;
  return `portraits/${world_id}/${piece_id}_portrait${suffix}.png`;
}

export const image = (image_id: string, format: PublishedFormat): string =>
  `images/${image_id}.${extensions[format]}`;

/** The keys that an image may have. The format, and so the key, is known only after sanitizing. */
export const possibleImages = (image_id: string): string[] => [
  ...Object.values(extensions).map((extension) => `images/${image_id}.${extension}`),
  ...variants(image(image_id, "webp")),
];

/** Of the copy of an image or a portrait that is `width` px wide. */
export const variant = (original: string, width: number): string =>
  original.replace(/\.[a-z]+$/, `_w${width}.webp`);

/** The keys of all copies that an image or a portrait may have. */
export const variants = (original: string): string[] =>
  limits.variant_widths_px.map((width) => variant(original, width));

/** An image or a portrait, and all copies that it may have. */
export const withVariants = (original: string): string[] => [original, ...variants(original)];

export { exportFileKey as exportFile } from "../exportFileKey.ts";

/** In the incoming bucket. */
export const upload = (upload_id: string): string => `uploads/${upload_id}`;

/** What a key says about the object behind it. `width` is that of a smaller copy, in px. */
type ParsedKey =
  | { kind: "portrait"; world_id: string; piece_id: string; version: number; width?: number }
  | { kind: "image"; image_id: string; width?: number }
  | { kind: "upload"; image_id: string }
  | { kind: "export"; export_id: string; file_index: number };

/** Reads a key of a bucket; undefined when it is none of ours. */
export function parse(bucket: BucketName, key: string): ParsedKey | undefined {
  if (bucket === "incoming") {
    const [, image_id] = key.match(form(`uploads/(${uuid})`)) ?? [];
    return image_id === undefined ? undefined : { kind: "upload", image_id };
  }
  const [, export_id, index] = key.match(form(`exports/(${uuid})/(0|[1-9]\\d{0,5})\\.zip`)) ?? [];
  if (bucket === "private" && export_id !== undefined)
    return { kind: "export", export_id, file_index: Number(index) };
  const [, original = "", extension, ofVariant] = key.match(ending) ?? [];
  const width = ofVariant === undefined ? {} : { width: Number(ofVariant) };
  const [, image_id] = original.match(form(`images/(${uuid})`)) ?? [];
  if (image_id !== undefined) return { kind: "image", image_id, ...width };
  if (bucket === "private") return undefined;
  const [, world_id, piece_id, version = "1"] =
    original.match(form(`portraits/(${uuid})/(${uuid})_portrait(?:_v(\\d+))?`)) ?? [];
  if (world_id === undefined || piece_id === undefined) return undefined;
  if (ofVariant === undefined && extension !== "png") return undefined;
  return { kind: "portrait", world_id, piece_id, version: Number(version), ...width };
}

/** `.png`, `.jpg`, `.webp`, or `_w320.webp` of a copy. */
const ending = new RegExp(
  `^(.+?)(?:\\.(${Object.values(extensions).join("|")})|_w(${limits.variant_widths_px.join("|")})\\.webp)$`,
);

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const form = (pattern: string) => new RegExp(`^${pattern}$`);
