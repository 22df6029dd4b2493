import { crc32 } from "node:zlib";

export type ZippedFile = { name: string; bytes: Buffer };

/**
 * The files of a zip without compression (APPNOTE 6.3.10, without Zip64), in order. Strict: throws unless
 * local headers, data descriptors and the central directory agree, every CRC is right, and no byte belongs to
 * nothing.
 */
export function readZip(zip: Buffer): ZippedFile[] {
  const end = zip.length - endBytes;
  must(zip.readUInt32LE(end) === 0x06054b50, "has no end of its central directory");
  const count = zip.readUInt16LE(end + 10);
  const directory = zip.readUInt32LE(end + 16);
  must(directory + zip.readUInt32LE(end + 12) === end, "has bytes after its central directory");

  const files: ZippedFile[] = [];
  let local = 0;
  let central = directory;
  for (let index = 0; index < count; index += 1) {
    const entry = readCentral(zip, central);
    const { name, crc, size } = entry;
    must(entry.local === local, `${name} does not begin where the file before it ends`);
    const data = local + localBytes + Buffer.byteLength(name);
    must(zip.readUInt32LE(local) === 0x04034b50, `${name} has no header`);
    must(zip.readUInt16LE(local + 6) === flags, `${name} has other flags`);
    must(zip.toString("utf8", local + localBytes, data) === name, `${name} has two names`);
    must(zip.readUInt32LE(local + 10) === firstDate, `${name} has two dates`);
    const bytes = zip.subarray(data, data + size);
    must(crc32(bytes) === crc, `${name} is damaged`);
    const descriptor = data + size;
    must(zip.readUInt32LE(descriptor) === 0x08074b50, `${name} has no data descriptor`);
    must(zip.readUInt32LE(descriptor + 4) === crc, `${name} has two CRCs`);
    must(zip.readUInt32LE(descriptor + 8) === size, `${name} has two sizes`);
    must(zip.readUInt32LE(descriptor + 12) === size, `${name} has two sizes`);
    files.push({ name, bytes });
    local = descriptor + descriptorBytes;
    central = entry.end;
  }
  must(local === directory && central === end, "has bytes that belong to no file");
  must(new Set(files.map(({ name }) => name)).size === count, "has two files of one name");
  return files;
}

function readCentral(zip: Buffer, at: number) {
  must(zip.readUInt32LE(at) === 0x02014b50, "has a damaged central directory");
  const name = zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28));
  must(zip.readUInt16LE(at + 8) === flags, `${name} is not named in UTF-8`);
  must(zip.readUInt16LE(at + 10) === 0, `${name} is compressed`);
  must(zip.readUInt32LE(at + 12) === firstDate, `${name} has a date`);
  must(zip.readUInt32LE(at + 30) === 0, `${name} has extra fields or a comment`);
  const size = zip.readUInt32LE(at + 24);
  must(zip.readUInt32LE(at + 20) === size, `${name} has two sizes`);
  const end = at + 46 + Buffer.byteLength(name);
  return { name, size, end, crc: zip.readUInt32LE(at + 16), local: zip.readUInt32LE(at + 42) };
}

const endBytes = 22;
const localBytes = 30;
const descriptorBytes = 16;
/** A data descriptor follows; names are UTF-8. */
const flags = 0x0808;
/** 1980-01-01 00:00, the first that a zip can state. */
const firstDate = ((1 << 5) | 1) << 16;

function must(holds: boolean, otherwise: string) {
  if (!holds) throw new Error(`The zip is wrong: ${otherwise}`);
}
