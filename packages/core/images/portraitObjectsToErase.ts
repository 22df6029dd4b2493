import type { ObjectToErase } from "../erasures/erasures.ts";
import * as objectKeys from "./objectKeys.ts";
import { pictureObjectsToErase } from "./pictureObjectsToErase.ts";

type Portrait = { world_id: string; piece_id: string; version: number };

/** Every object that a portrait has or may still get: all its versions, including one in flight. */
export const portraitObjectsToErase = (portrait: Portrait): ObjectToErase[] =>
  versionObjects(portrait, () => true);

/** The objects of those versions of a portrait that `includes` names, copies included. */
export function versionObjects(
  portrait: Portrait,
  includes: (version: number) => boolean,
): ObjectToErase[] {
  const versions = Array.from({ length: portrait.version }, (_, index) => index + 1);
  return versions
    .filter(includes)
    .flatMap((version) => pictureObjectsToErase(objectKeys.portrait({ ...portrait, version })));
}

/** The version that a portrait's URL shows; undefined without a URL of ours. */
export function shownVersion(url: string | null): number | undefined {
  const key = url?.slice(url.indexOf("portraits/")) ?? "";
  const parsed = objectKeys.parse("images", key);
  return parsed?.kind === "portrait" ? parsed.version : undefined;
}
