import type { ObjectToErase } from "../erasures/erasures.ts";
import * as objectKeys from "./objectKeys.ts";

/** Every object that a portrait has or may still get: all its versions, including one in flight. */
export function portraitObjects(portrait: {
  world_id: string;
  piece_id: string;
  version: number;
}): ObjectToErase[] {
  return Array.from({ length: portrait.version }, (_, index) => ({
    bucket: "images" as const,
    key: objectKeys.portrait({ ...portrait, version: index + 1 }),
  }));
}

/** The version that a portrait's URL shows; undefined without a URL of ours. */
export function shownVersion(url: string | null): number | undefined {
  const key = url?.slice(url.indexOf("portraits/")) ?? "";
  const parsed = objectKeys.parse("images", key);
  return parsed?.kind === "portrait" ? parsed.version : undefined;
}
