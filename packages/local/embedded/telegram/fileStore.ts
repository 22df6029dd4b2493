import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Document, File, PhotoSize } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";

export type StoredFile = { file: Required<File>; bytes: Buffer; shown?: PhotoSize[] | Document };

export type FileStore = ReturnType<typeof createFileStore>;

/** Every file that was sent, by the id and the path that Telegram gave it. */
export function createFileStore() {
  const stored: StoredFile[] = [];

  return {
    add: (folder: string, bytes: Buffer, extension: string) => add(folder, bytes, extension).file,
    /** The sizes of a photo, smallest first. All have the same bytes, whatever their `file_size` says. */
    addPhoto(bytes: Buffer): PhotoSize[] {
      const added = photoSizes.map(([width, height]) => {
        const file = add("photos", bytes, "jpg", `${width}`);
        const { file_path: _, ...rest } = file.file;
        const file_size = Math.ceil(bytes.length * (width / largestPhoto) ** 2);
        return { file, size: { ...rest, width, height, file_size } };
      });
      const sizes = added.map(({ size }) => size);
      for (const { file } of added) file.shown = sizes;
      return sizes;
    },
    addDocument(bytes: Buffer, file_name: string, mime_type: string): Document {
      const extension = /\.(\w+)$/.exec(file_name)?.[1] ?? "";
      const file = add("documents", bytes, extension);
      const { file_path: _, ...rest } = file.file;
      const document = { file_name, mime_type, ...rest };
      file.shown = document;
      return document;
    },
    byId: (file_id: string) => stored.find(({ file }) => file.file_id === file_id),
    /** The result of `getFile`. */
    get(file_id: string): File {
      if (file_id === "") throw badRequest("file_id not specified");
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
  function add(folder: string, bytes: Buffer, extension: string, variant = ""): StoredFile {
    const unique = createHash("sha256").update(folder).update(variant).update(bytes);
    const file = {
      file_id: `${folder === "photos" ? "AgAC" : "BQAC"}${randomBytes(32).toString("base64url")}`,
      file_unique_id: `AQAD${unique.digest("base64url").slice(0, 11)}`,
      file_size: bytes.length,
      file_path: `${folder}/file_${stored.length}${extension && `.${extension}`}`,
    };
    const added: StoredFile = { file, bytes };
    stored.push(added);
    return added;
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
