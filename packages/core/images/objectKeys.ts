import type { PublishedFormat } from "../imaging/sanitizeImage.ts";

/** Every object key there is. Keys are made of ids only, so nothing that a caller sent is in them. */

/** A new version of a portrait is a new key, because a key is written once. */
export function portraitKey(portrait: { world_id: string; piece_id: string; version: number }) {
  const { world_id, piece_id, version } = portrait;
  const suffix = version === 1 ? "" : `_v${version}`;
  return `portraits/${world_id}/${piece_id}_portrait${suffix}.png`;
}

export const imageKey = (image_id: string, format: PublishedFormat) =>
  `images/${image_id}.${format === "jpeg" ? "jpg" : format}`;

/** Where an image may be, before anybody knows what it is. */
export const possibleImageKeys = (image_id: string) =>
  (["png", "jpeg", "webp"] as const).map((format) => imageKey(image_id, format));

/** In the incoming bucket. */
export const incomingKey = (upload_id: string) => `uploads/${upload_id}`;
