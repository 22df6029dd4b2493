import type { ObjectToErase } from "../erasures/erasures.ts";
import * as objectKeys from "../images/objectKeys.ts";

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
