import type { Document, PhotoSize } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import type { FileStore } from "./fileStore.ts";
import { isLoopback } from "./isLoopback.ts";
import type { Attachment } from "./parseMultipart.ts";
import { readLimited } from "./readLimited.ts";
import { type Attachments, textOf } from "./requestParameters.ts";

/** The file that a bot sends: `value` is its parameter, and `field` the part of a form that may contain it. */
type Input = { value: unknown; field?: string; attached: Attachments; files: FileStore };

/** The sizes of a photo that a bot sends. Undefined when the request contains none. */
export async function inputPhoto(input: Input): Promise<PhotoSize[] | undefined> {
  const known = input.files.byId(textOf(input.value));
  if (Array.isArray(known?.shown)) return known.shown;
  if (known) throw badRequest("can't use file of type Document as Photo");
  const file = await newFile(input, maxPhotoUrlBytes);
  if (!file) return undefined;
  const { length } = file.bytes;
  if (length > maxPhotoBytes)
    throw badRequest(
      `file of size ${length} bytes is too big for a photo; the maximum size is ${maxPhotoBytes} bytes`,
    );
  if (!isPicture(file.bytes)) throw badRequest("IMAGE_PROCESS_FAILED");
  return input.files.addPhoto(file.bytes);
}

/** The document that a bot sends. Undefined when the request contains none. */
export async function inputDocument(input: Input): Promise<Document | undefined> {
  const known = input.files.byId(textOf(input.value));
  if (Array.isArray(known?.shown)) throw badRequest("can't use file of type Photo as Document");
  if (known?.shown) return known.shown;
  const file = await newFile(input, maxUrlBytes);
  return file && input.files.addDocument(file.bytes, file.file_name, file.mime_type);
}

/** A file of the form, or at a URL of this machine. */
async function newFile({ value, field, attached }: Input, maxBytes: number) {
  const text = textOf(value);
  const name = text.startsWith("attach://") ? text.slice("attach://".length) : text ? "" : field;
  if (name === "") return fetchFile(text, maxBytes);
  const file = attached.get(name ?? "");
  if (file?.bytes.length === 0) throw badRequest("file must be non-empty");
  return file && { ...file, mime_type: mimeTypeOf(file.file_name) };
}

async function fetchFile(url: string, maxBytes: number): Promise<Attachment> {
  if (!/^https?:\/\//i.test(url)) throw badRequest("wrong file identifier/HTTP URL specified");
  if (!isLoopback(url)) throw badRequest("failed to get HTTP URL content");
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(10_000) })
    .then(async ({ ok, headers, body }) => {
      const type = headers.get("content-type") ?? "";
      return { ok, type, bytes: await readLimited(body, maxBytes) };
    })
    .catch(() => undefined);
  if (!response?.ok || !response.bytes) throw badRequest("failed to get HTTP URL content");
  const [mime_type = ""] = response.type.split(";");
  if (mime_type === "text/html") throw badRequest("wrong type of the web page content");
  return { file_name: fileNameOf(url), mime_type, bytes: response.bytes };
}

/** The last part of the path, as it stands when its percent-encoding is broken. */
function fileNameOf(url: string): string {
  const name = new URL(url).pathname.split("/").at(-1) || "file";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The type of a file by the end of its name, as Telegram's server and apps find it. */
export function mimeTypeOf(file_name: string): string {
  const [, extension = ""] = /\.(\w+)$/.exec(file_name.toLowerCase()) ?? [];
  return (
    (Object.hasOwn(mimeTypes, extension) && mimeTypes[extension]) || "application/octet-stream"
  );
}

const mimeTypes: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  pdf: "application/pdf",
  txt: "text/plain",
  json: "application/json",
  zip: "application/zip",
};

/** Whether the first bytes are those of JPEG, PNG, WebP, GIF or BMP. */
function isPicture(bytes: Buffer): boolean {
  const start = bytes.toString("latin1", 0, 12);
  const isWebP = start.startsWith("RIFF") && start.endsWith("WEBP");
  return (
    isWebP || ["\xff\xd8\xff", "\x89PNG\r\n", "GIF8", "BM"].some((each) => start.startsWith(each))
  );
}

const maxPhotoBytes = 10 * 1024 * 1024;
const maxPhotoUrlBytes = 5 * 1024 * 1024;
const maxUrlBytes = 20 * 1024 * 1024;
