import * as fs from "node:fs";
import { join } from "node:path";

export type UnfinishedUpload = {
  bucket: string;
  key: string;
  /** Of the simulator: letters, digits, `-` and `_`. */
  uploadId: string;
  /** ISO 8601. */
  initiated: string;
  parts: Record<string, { etag: string; simulatorEtag: string }>;
};

/**
 * The multipart uploads that are neither completed nor aborted, each in a file of its own: they are still known
 * after kill -9, as the simulator still has their parts.
 */
export function unfinishedUploads(directory: string) {
  fs.mkdirSync(directory, { recursive: true });
  const uploads = new Map<string, UnfinishedUpload>();
  for (const name of fs.readdirSync(directory).filter((name) => name.endsWith(".json"))) {
    const upload: UnfinishedUpload = JSON.parse(fs.readFileSync(join(directory, name), "utf8"));
    uploads.set(upload.uploadId, upload);
  }
  const fileOf = ({ uploadId }: UnfinishedUpload) => join(directory, `${uploadId}.json`);

  /** A process that is killed meanwhile leaves the file as it was before. */
  function write(upload: UnfinishedUpload) {
    const file = fileOf(upload);
    fs.writeFileSync(`${file}.new`, JSON.stringify(upload));
    fs.renameSync(`${file}.new`, file);
  }

  return {
    find(bucket: string, key: string, uploadId: string) {
      const upload = uploads.get(uploadId);
      return upload?.bucket === bucket && upload.key === key ? upload : undefined;
    },
    has: ({ uploadId }: UnfinishedUpload) => uploads.has(uploadId),
    add(upload: UnfinishedUpload) {
      uploads.set(upload.uploadId, upload);
      write(upload);
    },
    addPart(
      upload: UnfinishedUpload,
      number: number,
      part: { etag: string; simulatorEtag: string },
    ) {
      upload.parts[number] = part;
      if (uploads.has(upload.uploadId)) write(upload);
    },
    remove(upload: UnfinishedUpload) {
      uploads.delete(upload.uploadId);
      fs.rmSync(fileOf(upload), { force: true });
    },
    /** The answer to ListMultipartUploads, in the order of keys and then of ids. */
    list(bucket: string, parameters: URLSearchParams): string {
      const prefix = parameters.get("prefix") ?? "";
      const limit = Math.min(1_000, Number(parameters.get("max-uploads") || 1_000));
      const after = [parameters.get("key-marker"), parameters.get("upload-id-marker")];
      const matching = [...uploads.values()]
        .filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix))
        .filter((upload) => isAfter(upload, after))
        .sort((a, b) => compare(a.key, b.key) || compare(a.uploadId, b.uploadId));
      const page = matching.slice(0, limit);
      const last = matching.length > limit ? page.at(-1) : undefined;
      const elements = [
        ["Bucket", bucket],
        ["Prefix", prefix],
        ["MaxUploads", String(limit)],
        ["IsTruncated", String(last !== undefined)],
        ...(last
          ? [
              ["NextKeyMarker", last.key],
              ["NextUploadIdMarker", last.uploadId],
            ]
          : []),
      ];
      return `<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xml(elements)}${page.map(entry).join("")}</ListMultipartUploadsResult>`;
    },
  };
}

const entry = ({ key, uploadId, initiated }: UnfinishedUpload) =>
  `<Upload>${xml([
    ["Key", key],
    ["UploadId", uploadId],
    ["StorageClass", "STANDARD"],
    ["Initiated", initiated],
  ])}</Upload>`;

const xml = (elements: string[][]) =>
  elements.map(([name, value = ""]) => `<${name}>${escaped(value)}</${name}>`).join("");

const escaped = (value: string) =>
  value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Without an id, only the uploads of later keys are after the marker. */
function isAfter({ key, uploadId }: UnfinishedUpload, [afterKey, afterId]: (string | null)[]) {
  if (!afterKey) return true;
  return key > afterKey || (key === afterKey && Boolean(afterId) && uploadId > afterId!);
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));
