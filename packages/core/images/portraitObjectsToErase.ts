import type { ObjectToErase } from "../erasures/erasures.ts";
import { objectAndCopiesToErase } from "./objectAndCopiesToErase.ts";
import * as objectKeys from "./objectKeys.ts";

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
    .flatMap((version) => objectAndCopiesToErase(objectKeys.portrait({ ...portrait, version })));
}

/**
 * Whether a version was never shown and is not listed for erasure. When a version is published or brought back, the
 * others are listed.
 */
export const isUnsettled = (
  { shown = 0, settled_version }: { shown: number | undefined; settled_version: number },
  version: number,
): boolean => version > Math.max(shown, settled_version);

/** The version that a portrait's URL shows; undefined without a URL of ours. */
export function shownVersion(url: string | null): number | undefined {
  const key = url?.slice(url.indexOf("portraits/")) ?? "";
  const parsed = objectKeys.parse("images", key);
  return parsed?.kind === "portrait" ? parsed.version : undefined;
}
