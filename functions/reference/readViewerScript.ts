import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { File } from "./compressedFileResponse.ts";

/** In a bundle `import.meta` is empty: there SST copies the folder below the working directory. */
const folder = import.meta.dirname
  ? path.join(import.meta.dirname, "viewer")
  : path.resolve("viewer");

let read: ReturnType<typeof readViewer>;

/**
 * Scalar's script, which `installScalarViewer.mjs` put into its folder; undefined when it could not. It is read once. Its
 * name changes with its content, so that it may be cached for ever.
 */
export function viewer() {
  read ??= readViewer();
  return read;
}

function readViewer() {
  const name = readdirSync(folder).find((each) => each.endsWith(".js.gz"));
  if (name === undefined) return undefined;
  const gzip = readFileSync(path.join(folder, name));
  const hash = createHash("sha256").update(gzip).digest("hex").slice(0, 16);
  const file: File = {
    etag: `"${hash}"`,
    gzip,
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    },
  };
  return { name: `${hash}.js`, file };
}
