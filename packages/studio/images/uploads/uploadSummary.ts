import type { QueuedFile } from "@keepsake/client/react";
import { pluralize } from "../../ui/format.ts";
import { isReused } from "./reusedImages.ts";
import { hasFailed, isActive, isPublished, waitsForConnection } from "./uploadStates.ts";

/** Without bytes or percent: a screen reader reads it whenever it changes. */
export function summaryOf(files: readonly QueuedFile[]) {
  const active = files.filter(isActive).length;
  const waiting = files.filter(waitsForConnection).length;
  const published = files.filter(isPublished).length;
  const known = files.filter(({ image }) => isReused(image)).length;
  const failed = files.filter(hasFailed).length;
  if (files.length === 0) return "";
  if (waiting > 0)
    return `No connection. ${pluralize(active, "picture")} ${active === 1 ? "waits and goes" : "wait and go"} on when it is back`;
  const problem = failed > 0 ? `, ${failed} failed` : "";
  if (active > 0)
    return `${published} of ${pluralize(published + active, "picture")} uploaded${problem}`;
  if (published === 0) return `${pluralize(failed, "picture")} failed`;
  if (published === known) return `${pluralize(known, "picture")} already in your images${problem}`;
  const already = known > 0 ? `, ${known} already in your images` : "";
  return `${pluralize(published - known, "picture")} uploaded${already}${problem}`;
}
