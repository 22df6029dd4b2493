import { badRequest } from "./botApiError.ts";

/** A file that a request contains. */
export type Attachment = { file_name: string; mime_type: string; bytes: Buffer };

type Form = { fields: [name: string, value: string][]; attached: Map<string, Attachment> };

/**
 * The fields and files of a multipart form, as leniently as Telegram reads it: header names in any case, values with
 * or without quotes. A part is a file when it has a file name.
 */
export function parseMultipart(contentType: string, body: Buffer): Form {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined)
    throw badRequest("boundary field in Content-Type of multipart/form-data not found");

  const form: Form = { fields: [], attached: new Map() };
  for (const part of partsOf(body, `--${boundary}`)) {
    const end = part.indexOf("\r\n\r\n");
    if (end < 0) throw badRequest("can't parse form data headers");
    const { name, file_name, mime_type } = parseHeaders(`${part.subarray(0, end)}`);
    const value = part.subarray(end + 4);
    if (file_name === undefined) form.fields.push([name, `${value}`]);
    else form.attached.set(name, { file_name, mime_type, bytes: Buffer.from(value) });
  }
  return form;
}

/** What is between the boundaries, without the line ends beside them. */
function partsOf(body: Buffer, boundary: string): Buffer[] {
  const parts: Buffer[] = [];
  let start = body.indexOf(boundary);
  if (start < 0) throw badRequest("can't parse form data headers");
  for (;;) {
    start += boundary.length;
    if (body.subarray(start, start + 2).equals(lastMark)) return parts;
    const end = body.indexOf(`\r\n${boundary}`, start);
    if (end < 0) throw badRequest("unexpected end of form data");
    parts.push(body.subarray(start + 2, end)); // after the boundary's own line end
    start = end + 2;
  }
}

const lastMark = Buffer.from("--");

function parseHeaders(text: string) {
  const headers = new Map(
    text.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const disposition = headers.get("content-disposition") ?? "";
  if (!/^form-data\s*;/i.test(disposition))
    throw badRequest("expected form-data content disposition");
  const name = attribute(disposition, "name");
  if (!name) throw badRequest("field name in multipart/form-data not found");
  const file_name = attribute(disposition, "filename");
  return { name, file_name, mime_type: headers.get("content-type") ?? "" };
}

function attribute(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;]*))`, "i").exec(header);
  return match?.[1] ?? match?.[2]?.trim();
}
