/**
 * How many times a decoder goes over a JPEG's picture: the scans up to its end, found where libjpeg
 * finds them (ISO/IEC 10918-1, annex B).
 */
export function countScans(bytes: Buffer): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (marker === endOfImage) break;
    if (marker === startOfScan) scans += 1;
    at = bytes.indexOf(0xff, at + markerBytes(marker, bytes.readUInt16BE(at + 2)));
  }
  return scans;
}

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** What belongs to a marker, itself included. Whatever follows a scan's header has no length. */
function markerBytes(marker: number, length: number) {
  if (marker === 0xff) return 1; // filling
  const isAlone = marker <= 1 || (marker >= 0xd0 && marker <= 0xd8); // escapes, restarts, beginnings
  return isAlone ? 2 : 2 + Math.max(2, length);
}
