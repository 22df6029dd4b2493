import { hasOnlyPictureChunks, holdsOnlyPixels } from "@keepsake/core/imaging/formats/png";

/** Whether a published image contains only picture data. Reads the container itself: sharp skips other data. */
export async function hasOnlyPictureData(bytes: Buffer, type: string): Promise<boolean> {
  if (type === "image/png") return hasOnlyPictureChunks(bytes) && holdsOnlyPixels(bytes);
  if (type === "image/webp") {
    const chunks = riffChunks(bytes);
    return chunks !== undefined && /^(VP8X (ALPH )?)?VP8[ L] $/.test(chunks);
  }
  // tables, one frame and scans: no application segment but JFIF's, no comment, nothing after the end
  const markers = jpegMarkers(bytes);
  return markers !== undefined && /^d8 (e0 )?((db|c4|dd) )*c[02] ((db|c4|da) )+d9 $/.test(markers);
}

/** The types of a WebP's chunks; undefined when its length differs from the declared one. */
function riffChunks(bytes: Buffer): string | undefined {
  let types = "";
  let at = 12;
  while (at + 8 <= bytes.length) {
    types += `${bytes.toString("latin1", at, at + 4)} `;
    const length = bytes.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return at === bytes.length && bytes.readUInt32LE(4) === at - 8 ? types : undefined;
}

/** The markers of a JPEG in hexadecimal; undefined when there is data between or after them. */
function jpegMarkers(bytes: Buffer): string | undefined {
  let markers = "";
  for (let at = 0; at < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) return undefined;
    markers += `${marker.toString(16)} `;
    if (marker === 0xd9) return at + 2 === bytes.length ? markers : undefined;
    at += marker === 0xd8 ? 2 : 2 + bytes.readUInt16BE(at + 2);
    if (marker === 0xda)
      while (bytes[at] !== 0xff || bytes[at + 1] === 0 || (bytes[at + 1]! & 0xf8) === 0xd0) at += 1;
  }
  return undefined;
}
