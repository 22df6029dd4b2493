/**
 * The number of scans of a JPEG up to its end, found in the same places as libjpeg finds them (ISO/IEC
 * 10918-1, annex B). A decoder goes over the whole picture once for each scan.
 */
export function countJpegScans(bytes: Buffer): number {
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

/** The length of a marker segment, marker included. The data after a scan's header has no length field. */
function markerBytes(marker: number, length: number) {
  if (marker === 0xff) return 1; // fill byte
  const isAlone = marker <= 1 || (marker >= 0xd0 && marker <= 0xd8); // escaped 0xff, TEM, restart markers, SOI
  return isAlone ? 2 : 2 + Math.max(2, length);
}
