import { exifOrientation } from "./exif.ts";

/**
 * The EXIF orientation of a JPEG, 1 to 8, from the segments before its first scan. Undefined where decoders
 * differ about it.
 */
export function exifOrientationOfJpeg(bytes: Buffer): number | undefined {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    if (marker === startOfScan) return 1;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker === app1 && bytes.toString("latin1", at + 4, at + 10) === "Exif\0\0")
      return exifOrientation(bytes.subarray(at + 10, end));
    at = end;
  }
  return 1;
}

const app1 = 0xe1;
const startOfScan = 0xda;
