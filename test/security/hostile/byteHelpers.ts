import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Pseudo-random bytes, the same ones for the same seed. */
export const noise = (seed: string, length: number): Buffer =>
  createHash("shake256", { outputLength: length }).update(seed).digest();

export const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

export const uint16le = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
};

export const uint32be = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
};

export const uint32le = (...values: number[]): Buffer => uint32be(...values).swap32();

/** A copy with the first occurrence of `from`, which must exist, replaced by as many other bytes. */
export function patched(bytes: Buffer, from: Buffer | string, to: Buffer | string): Buffer {
  const at = bytes.indexOf(from, 0, "latin1");
  const patch = typeof to === "string" ? latin1(to) : to;
  if (at < 0 || patch.length !== from.length) throw new Error("There is nothing to patch");
  const copy = Buffer.from(bytes);
  patch.copy(copy, at);
  return copy;
}

/** An archive of one stored file. unzip finds it from its end, whatever precedes it. */
export function zip(name: string, content: string): Buffer {
  const both = Buffer.concat([
    uint16le(20, 0, 0, 0, 0),
    uint32le(crc32(content), content.length, content.length),
    uint16le(name.length, 0),
  ]);
  const local = Buffer.concat([latin1("PK\x03\x04"), both, latin1(name + content)]);
  const central = [latin1("PK\x01\x02"), uint16le(20), both, Buffer.alloc(14), latin1(name)];
  const directory = Buffer.concat(central);
  const place = uint32le(directory.length, local.length);
  const end = [latin1("PK\x05\x06"), uint16le(0, 0, 1, 1), place, uint16le(0)];
  return Buffer.concat([local, directory, ...end]);
}
