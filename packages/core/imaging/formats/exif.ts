/**
 * The orientation, 1 to 8, in the first directory of EXIF data (Exif 2.32, section 4.6.4: a TIFF header and
 * entries of 12 bytes). 1 where there is none, or none that is valid. Undefined where decoders differ about
 * it: it occurs twice, or is not one 16-bit number.
 */
export function exifOrientation(tiff: Buffer): number | undefined {
  const byteOrder = tiff.toString("latin1", 0, 4);
  if (tiff.length < 14 || (byteOrder !== "MM\0*" && byteOrder !== "II*\0")) return 1;
  const isBig = byteOrder === "MM\0*";
  const uint16 = (at: number) => (isBig ? tiff.readUInt16BE(at) : tiff.readUInt16LE(at));
  const uint32 = (at: number) => (isBig ? tiff.readUInt32BE(at) : tiff.readUInt32LE(at));

  const directory = uint32(4);
  if (directory + 2 > tiff.length) return 1;
  const fitting = Math.floor((tiff.length - directory - 2) / entryBytes);
  const entries = Array.from(
    { length: Math.min(uint16(directory), fitting) },
    (_, index) => directory + 2 + index * entryBytes,
  ).filter((at) => uint16(at) === orientationTag);

  const [at] = entries;
  if (at === undefined) return 1;
  if (entries.length > 1 || uint16(at + 2) !== shortType || uint32(at + 4) !== 1) return undefined;
  const orientation = uint16(at + 8);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/** The shortest EXIF data with an orientation: one directory with one entry. */
export function exifWithOrientation(orientation: number): Buffer {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010000000000000000", "hex");
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}

const entryBytes = 12;
const orientationTag = 0x0112;
const shortType = 3;
