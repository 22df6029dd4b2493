import { AppError } from "@keepsake/contract/errors";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { sniff } from "@keepsake/core/imaging/formats/sniff";

export type TolerantImage = {
  bytes: Buffer;
  /** What was wrong with the text, and did not matter. */
  notes: Note[];
};

/** What differs from the base64 that the API accepts. */
export type Note =
  | "line breaks or spaces"
  | "the URL-safe alphabet"
  | "wrong padding"
  | `labelled ${string}, but its bytes are image/${string}`
  | "made smaller";

/**
 * The bytes of an image that a product stored as base64 or as a data URL. Unlike the API, it reads base64
 * with line breaks, of the URL-safe alphabet, without padding, or behind a wrong label, and says so. Throws
 * `image.not_base64` for any other character, which `Buffer.from` would skip.
 */
export function decodeTolerantly(text: string): TolerantImage {
  const strict = decodeStrictly(text);
  if (strict) return { bytes: strict, notes: [] };
  const notes = new Set<Note>();
  const [prefix = "", label] =
    /^\s*data:([^,;]*)(?:;[^,;]*)*?;base64,/i.exec(text.slice(0, 200)) ?? [];
  let base64 = text.slice(prefix.length);
  if (/\s/.test(base64)) {
    base64 = base64.replace(/\s+/g, "");
    notes.add("line breaks or spaces");
  }
  if (/[-_]/.test(base64)) {
    base64 = base64.replaceAll("-", "+").replaceAll("_", "/");
    notes.add("the URL-safe alphabet");
  }
  const digits = base64.replace(/=+$/, "");
  if (digits === "" || digits.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(digits))
    throw new AppError("image.not_base64", "It is not base64, even when read tolerantly");
  const bytes = Buffer.from(digits, "base64");
  if (base64.length !== Math.ceil(bytes.length / 3) * 4) notes.add("wrong padding");
  const format = sniff(bytes)?.format;
  if (label !== undefined && format !== undefined && label.toLowerCase() !== `image/${format}`)
    notes.add(`labelled ${shown(label)}, but its bytes are image/${format}`);
  return { bytes, notes: [...notes] };
}

/** What the API accepts, which is read much faster; undefined for anything else. */
function decodeStrictly(text: string): Buffer | undefined {
  try {
    const { bytes, label } = decodeBase64(text);
    return label === undefined || label === sniff(bytes)?.format ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A label is any text of the product's: only a media type is repeated. */
const shown = (label: string) =>
  /^[\w.+-]{1,30}\/[\w.+-]{1,30}$/.test(label) ? label : "otherwise";
