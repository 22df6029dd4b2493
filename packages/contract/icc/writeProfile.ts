import type { Transfer } from "./curves.ts";

/** `matrix`: X, Y and Z of red, green and blue, adapted to D50. */
export type DisplayColours = { matrix: number[][]; transfer: Transfer };

/** A profile of an RGB display (ICC.1:2022) with these numbers, of at most 396 bytes, equal for equal ones. */
export function writeProfile({ matrix, transfer }: DisplayColours): Buffer {
  const [red, green, blue] = matrix.map((xyz) => tag("XYZ ", ...xyz.map(fixed)));
  const curve = transferTag(transfer);
  return profileOf("RGB ", [
    ...(Object.entries({ rXYZ: red, gXYZ: green, bXYZ: blue }) as [string, Buffer][]),
    ...["rTRC", "gTRC", "bTRC"].map((name): [string, Buffer] => [name, curve]),
  ]);
}

/** The same of a grey display. */
export const writeGreyProfile = (transfer: Transfer): Buffer =>
  profileOf("GRAY", [["kTRC", transferTag(transfer)]]);

function profileOf(space: "RGB " | "GRAY", own: [name: string, data: Buffer][]): Buffer {
  const text = tag("mluc", uint32(1, 12), Buffer.from("enUS"), uint32(2, 28), Buffer.from("\0k"));
  const tags: [name: string, data: Buffer][] = [
    ...[["desc", text] as [string, Buffer], ["cprt", text] as [string, Buffer]],
    ["wtpt", tag("XYZ ", ...d50.map(fixed))],
    ...own,
  ];

  const offsets = new Map<Buffer, number>(); // equal tags share their data
  let end = 128 + 4 + 12 * tags.length;
  for (const [, data] of tags)
    if (!offsets.has(data)) {
      offsets.set(data, end);
      end += data.length;
    }
  const entries = tags.map(([name, data]) =>
    Buffer.concat([Buffer.from(name), uint32(offsets.get(data)!, data.length)]),
  );
  return Buffer.concat([header(end, space), uint32(tags.length), ...entries, ...offsets.keys()]);
}

function header(bytes: number, space: string): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(bytes, 0);
  header.writeUInt32BE(0x04400000, 8); // version 4.4
  header.write(`mntr${space}XYZ `, 12);
  header.writeUInt16BE(2026, 24); // a date is required: the first of January
  header.writeUInt16BE(1, 26);
  header.writeUInt16BE(1, 28);
  header.write("acsp", 36);
  for (const [index, value] of d50.entries()) fixed(value).copy(header, 68 + 4 * index);
  return header;
}

const d50 = [0.9642, 1, 0.8249];

/** A `para` tag of kind 3, or 0 for a power function. */
function transferTag(transfer: Transfer): Buffer {
  const [kind, parameters] = transfer === "srgb" ? [3, srgbParameters] : [0, [transfer]];
  return tag("para", Buffer.from([0, kind, 0, 0]), ...parameters.map(fixed));
}

const srgbParameters = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/** Every tag begins at a multiple of 4 bytes. */
function tag(type: string, ...parts: Buffer[]): Buffer {
  const data = Buffer.concat([Buffer.from(type), Buffer.alloc(4), ...parts]);
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
}

/** A number as ICC's `s15Fixed16Number`. */
const fixed = (value: number) => uint32(Math.round(value * 65_536) >>> 0);

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
