import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { File, PhotoSize } from "@grammyjs/types";
import { type Refusal, Refused } from "./http.ts";

/** How a file goes wrong, in `getFile` or in its download. */
export type FileFault = {
  getFile?: Refusal;
  /** The path that `getFile` names. */
  file_path?: string;
  download?: Refusal | keyof typeof downloadFaults;
  /** How often it goes wrong before it is right again; for ever when not given. */
  times?: number;
};

/** Everything that was ever sent, by the id and the path that Telegram gave it. */
export function fileShelf() {
  const shelf: StoredFile[] = [];

  return {
    add,
    /** The sizes of a photo, smallest first: the same bytes, whatever the smaller ones claim. */
    addPhoto(bytes: Buffer, fault?: FileFault): PhotoSize[] {
      return photoSizes.map(([width, height]) => {
        const { file_path: _, ...file } = add("photos", bytes, "jpg", fault, `${width}`);
        const file_size = Math.ceil(bytes.length * (width / largestPhoto) ** 2);
        return { ...file, width, height, file_size };
      });
    },
    break(file_id: string, fault: FileFault | undefined) {
      const stored = shelf.find(({ file }) => file.file_id === file_id);
      if (!stored) throw new Error(`There is no file ${file_id}`);
      stored.fault = fault && { ...fault };
    },
    get(file_id: string): File {
      const stored = shelf.find(({ file }) => file.file_id === file_id);
      if (!stored) throw new Refused({ error_code: 400, description: wrongFileId });
      const refusal = meet(stored, "getFile");
      if (refusal?.error_code === 400) throw new Refused({ description: goneFile, ...refusal });
      if (refusal) throw new Refused(refusal);
      if (stored.bytes.length > largestDownload)
        throw new Refused({ error_code: 400, description: "Bad Request: file is too big" });
      const file_path = meet(stored, "file_path");
      return { ...stored.file, ...(file_path !== undefined && { file_path }) };
    },
    byPath(path: string): StoredFile {
      const stored = shelf.find(({ file }) => file.file_path === path);
      if (!stored) throw new Refused({ error_code: 404 });
      return stored;
    },
  };

  /** The same bytes have the same `file_unique_id`, and a new `file_id` each time they are sent. */
  function add(
    folder: string,
    bytes: Buffer,
    extension: string,
    fault?: FileFault,
    variant = "",
  ): Required<File> {
    const unique = createHash("sha256").update(folder).update(variant).update(bytes);
    const file = {
      file_id: `${folder === "photos" ? "AgAC" : "BQAC"}${randomBytes(32).toString("base64url")}`,
      file_unique_id: `AQAD${unique.digest("base64url").slice(0, 11)}`,
      file_size: bytes.length,
      file_path: `${folder}/file_${shelf.length}${extension && `.${extension}`}`,
    };
    shelf.push({ file, bytes, fault: fault && { ...fault } });
    return file;
  }
}

type StoredFile = { file: Required<File>; bytes: Buffer; fault: FileFault | undefined };

/** How a file goes wrong this time. */
function meet<Kind extends keyof FileFault>({ fault }: StoredFile, kind: Kind) {
  if (fault?.[kind] === undefined || fault.times === 0) return undefined;
  if (fault.times !== undefined) fault.times -= 1;
  return fault[kind];
}

const largestPhoto = 1_280;
const photoSizes: [width: number, height: number][] = [
  [90, 68],
  [320, 240],
  [800, 600],
  [largestPhoto, 960],
];

/** What bots may download: 20 MB as Telegram counts them. */
const largestDownload = 20 * 1024 * 1024;
const wrongFileId = "Bad Request: invalid file_id";
const goneFile = "Bad Request: wrong file_id or the file is temporarily unavailable";

export async function serveFile(stored: StoredFile, response: ServerResponse) {
  const fault = meet(stored, "download");
  if (typeof fault === "object") throw new Refused(fault);
  if (fault) return downloadFaults[fault](response, stored.bytes);
  response.writeHead(200, fileHeaders(stored.bytes.length)).end(stored.bytes);
}

const fileHeaders = (length: number) => ({
  "content-type": "application/octet-stream",
  "content-length": length,
});

/** What a server can do to whoever downloads from it. */
const downloadFaults = {
  /** Sends for ever. */
  endless: (response: ServerResponse) => sendForever(response, Buffer.alloc(65_536, 0xff)),
  /** Sends for ever, a byte at a time. */
  crumbs: (response: ServerResponse) => sendForever(response, Buffer.alloc(1, 0xff)),
  /** Sends the first half and then nothing, without an end. */
  stalled(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(bytes.length));
    response.write(bytes.subarray(0, bytes.length / 2));
  },
  /** Promises everything, sends half of it and hangs up. */
  cut_short(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(bytes.length));
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  },
  /** Promises half of what it sends. */
  runs_over(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(Math.floor(bytes.length / 2))).end(bytes);
  },
  /** Promises a terabyte. */
  boasts(response: ServerResponse, bytes: Buffer) {
    response.writeHead(200, fileHeaders(1e12)).write(bytes);
  },
  html(response: ServerResponse) {
    response.writeHead(200, { "content-type": "image/jpeg" });
    response.end("<!doctype html><title>Sign in</title><p>Sign in to go on.</p>");
  },
  redirect(response: ServerResponse) {
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
  },
};

async function sendForever(response: ServerResponse, chunk: Buffer) {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  const chunks = (function* () {
    for (;;) yield chunk;
  })();
  await pipeline(Readable.from(chunks, { objectMode: false }), response).catch(() => {}); // hung up
}
