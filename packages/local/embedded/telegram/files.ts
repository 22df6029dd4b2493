import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { File, PhotoSize } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";

export type StoredFile = { file: Required<File>; bytes: Buffer };

export type FileStore = ReturnType<typeof createFileStore>;

/** Every file that was sent, by the id and the path that Telegram gave it. */
export function createFileStore() {
  const stored: StoredFile[] = [];

  return {
    add,
    /** The sizes of a photo, smallest first. All have the same bytes, whatever their `file_size` says. */
    addPhoto(bytes: Buffer): PhotoSize[] {
      return photoSizes.map(([width, height]) => {
        const { file_path: _, ...file } = add("photos", bytes, "jpg", `${width}`);
        const file_size = Math.ceil(bytes.length * (width / largestPhoto) ** 2);
        return { ...file, width, height, file_size };
      });
    },
    /** The result of `getFile`. */
    get(file_id: string): File {
      const match = stored.find(({ file }) => file.file_id === file_id);
      if (!match) throw badRequest("invalid file_id");
      if (match.bytes.length > maxDownloadBytes) throw badRequest("file is too big");
      return match.file;
    },
    byPath(path: string): StoredFile {
      const match = stored.find(({ file }) => file.file_path === path);
      if (!match) throw new BotApiError({ error_code: 404 });
      return match;
    },
  };

  /** The same bytes have the same `file_unique_id`, and a new `file_id` each time they are sent. */
  function add(folder: string, bytes: Buffer, extension: string, variant = ""): Required<File> {
    const unique = createHash("sha256").update(folder).update(variant).update(bytes);
    const file = {
      file_id: `${folder === "photos" ? "AgAC" : "BQAC"}${randomBytes(32).toString("base64url")}`,
      file_unique_id: `AQAD${unique.digest("base64url").slice(0, 11)}`,
      file_size: bytes.length,
      file_path: `${folder}/file_${stored.length}${extension && `.${extension}`}`,
    };
    stored.push({ file, bytes });
    return file;
  }
}

const largestPhoto = 1_280;
const photoSizes: [width: number, height: number][] = [
  [90, 68],
  [320, 240],
  [800, 600],
  [largestPhoto, 960],
];

/** Telegram's limit for downloads by bots. */
const maxDownloadBytes = 20 * 1024 * 1024;

export function sendFile({ bytes }: StoredFile, response: ServerResponse) {
  const headers = { "content-type": "application/octet-stream", "content-length": bytes.length };
  response.writeHead(200, headers).end(bytes);
}
