import { stripJpeg } from "@keepsake/core/imaging/formats/stripJpeg";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { latin1, noise, patched } from "../../security/hostile/byteHelpers.ts";
import { buildJpeg, type JpegShape, segment } from "../../security/support/builtJpegs.ts";
import { gpsJpeg } from "../../support/images.ts";

const raw = { width: 60, height: 44, channels: 3 as const };
const picture = () => sharp(noise("picture", 60 * 44 * 3), { raw });

/** The plainest JPEG, in colour, of one scan. */
const shape: JpegShape = {
  width: 40,
  height: 24,
  sampling: [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  interval: 0,
  isSplit: false,
  seed: "plain",
};
const plain = buildJpeg(shape);

/** The segment or the scan data that begins at the first occurrence of a marker, and what is before and after. */
function around(bytes: Buffer, marker: number) {
  const at = bytes.indexOf(Buffer.from([0xff, marker]));
  const end = at + 2 + bytes.readUInt16BE(at + 2);
  return [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)] as const;
}

/** A copy of the plain JPEG with segments before the first of a marker. */
function withBefore(marker: number, ...segments: Buffer[]): Buffer {
  const [before, found, after] = around(plain.bytes, marker);
  return Buffer.concat([before, ...segments, found, after]);
}

describe("a JPEG keeps its own pixels", () => {
  test("without where it was taken, and stays rotated by its only EXIF tag", async () => {
    const bytes = await gpsJpeg();
    const stripped = stripJpeg(bytes)!;
    expect(stripped).toMatchObject({ width: 32, height: 48, orientation: 6 });
    expect(stripped.bytes.includes("Wanderer")).toBe(false);
    expect(stripped.bytes.length).toBeLessThan(bytes.length - 100);
    const { exif, orientation } = await sharp(stripped.bytes).metadata();
    expect(orientation).toBe(6);
    expect(exif!.length).toBe(32);
  });

  test("when it is red, green and blue, which only Adobe's segment says", async () => {
    const said = withBefore(0xdb, segment(0xee, latin1("Adobe\0\x64\0\0\0\0\0")));
    expect(stripJpeg(said)!.bytes).toBe(said);
    const byNames = Buffer.from(plain.bytes);
    for (const marker of [0xc0, 0xda]) {
      const [before, header] = around(byNames, marker);
      for (const [index, letter] of [..."RGB"].entries())
        byNames.write(letter, before.length + (marker === 0xc0 ? 10 + index * 3 : 5 + index * 2));
      expect(header.length).toBeGreaterThan(10);
    }
    const stripped = stripJpeg(byNames)!;
    expect(stripped.bytes.includes("Adobe")).toBe(true);
    const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
    expect(await pixels(stripped.bytes)).toEqual(await pixels(byNames));
    expect(await pixels(said)).not.toEqual(await pixels(plain.bytes));
  });

  test("with a compact colour profile in place of its own, and without sRGB's", async () => {
    const p3 = await picture().withIccProfile("p3").jpeg().toBuffer();
    const stripped = stripJpeg(p3)!;
    const { icc } = await sharp(stripped.bytes).metadata();
    expect(icc!.length).toBeLessThan(400);
    const [before, after] = await Promise.all(
      [p3, stripped.bytes].map((bytes) => sharp(bytes).raw().toBuffer()),
    );
    const furthest = before!.reduce(
      (max, value, at) => Math.max(max, Math.abs(value - after![at]!)),
      0,
    );
    expect(furthest).toBeLessThanOrEqual(1);

    const srgb = await picture().withIccProfile("srgb").jpeg().toBuffer();
    expect((await sharp(srgb).metadata()).icc).toBeDefined();
    expect((await sharp(stripJpeg(srgb)!.bytes).metadata()).icc).toBeUndefined();
  });

  test("without a second picture after it, unless that is a gain map", () => {
    const index = segment(0xe2, latin1("MPF\0II*\0\x08\0\0\0\0\0"));
    const both = (second: string) => Buffer.concat([withBefore(0xdb, index), latin1(second)]);
    expect(stripJpeg(both("\xff\xd8\xff\xe0 another"))!.bytes).toEqual(plain.bytes);
    expect(stripJpeg(both("\xff\xd8\xff\xe1 xmlns:HDRGainMap="))).toBeUndefined();
    const xmp = latin1("http://ns.adobe.com/xap/1.0/\0 http://ns.adobe.com/hdr-gain-map/1.0/");
    expect(stripJpeg(withBefore(0xdb, segment(0xe1, xmp)))).toBeUndefined();
    const iso = latin1("urn:iso:std:iso:ts:21496:-1\0\0\0\0\0");
    expect(stripJpeg(withBefore(0xdb, segment(0xe2, iso)))).toBeUndefined();
  });
});

describe("a JPEG is encoded anew", () => {
  let progressive: Buffer;
  beforeAll(async () => {
    progressive = await picture().jpeg({ progressive: true }).toBuffer();
  });

  test("in CMYK, with 12 bits, with arithmetic, lossless or hierarchical coding, and without a frame", async () => {
    const cmyk = await picture().toColourspace("cmyk").jpeg().toBuffer();
    expect(stripJpeg(cmyk)).toBeUndefined();
    expect(
      stripJpeg(patched(plain.bytes, "\xff\xc0\0\x11\x08", "\xff\xc0\0\x11\x0c")),
    ).toBeUndefined();
    for (const marker of [
      "\xc3",
      "\xc5",
      "\xc6",
      "\xc7",
      "\xc9",
      "\xca",
      "\xcb",
      "\xcd",
      "\xdc",
      "\xde",
    ])
      expect(stripJpeg(patched(plain.bytes, "\xff\xc0", `\xff${marker}`))).toBeUndefined();
    expect(stripJpeg(patched(plain.bytes, "\xff\xc0", "\xff\xfe"))).toBeUndefined();
    expect(stripJpeg(patched(plain.bytes, "\xff\xc0", "\xff\xc1"))).toBeDefined();
  });

  test("of over 52 megapixels, or with over 1,000 application segments", () => {
    const many = Array<Buffer>(1_001).fill(segment(0xe5, Buffer.alloc(0)));
    expect(stripJpeg(withBefore(0xdb, ...many.slice(1)))).toBeDefined();
    expect(stripJpeg(withBefore(0xdb, ...many))).toBeUndefined();
    const large = manyBlocks(7_000, 8_000);
    expect(stripJpeg(large)).toBeUndefined();
    expect(stripJpeg(manyBlocks(7_000, 7_000))).toMatchObject({ width: 7_000, height: 7_000 });
  });

  test("with fill bytes, or a marker where none belongs", () => {
    for (const extra of ["ff", "ffff", "00", "ff00", "ffd8", "ffd0", "ff01"])
      for (const marker of [0xdb, 0xc0, 0xc4, 0xda])
        expect(stripJpeg(withBefore(marker, Buffer.from(extra, "hex")))).toBeUndefined();
  });

  test("with tables that nothing uses, or that contain something else", () => {
    const [, dqt] = around(plain.bytes, 0xdb);
    const [, dht] = around(plain.bytes, 0xc4);
    const unused = Buffer.from(dqt);
    unused[4] = 1;
    expect(stripJpeg(withBefore(0xc0, unused))).toBeUndefined();
    expect(stripJpeg(withBefore(0xc0, dqt))).toBeUndefined();
    expect(stripJpeg(withBefore(0xda, dqt))).toBeUndefined();
    expect(stripJpeg(withBefore(0xda, dht))).toBeUndefined();
    const another = Buffer.from(dht);
    another[4] = 1;
    expect(stripJpeg(withBefore(0xda, another))).toBeUndefined();
    expect(stripJpeg(withBefore(0xda, segment(0xdd, Buffer.alloc(2))))!.bytes).toHaveLength(
      plain.bytes.length + 6,
    );
    expect(
      stripJpeg(withBefore(0xda, ...Array<Buffer>(2).fill(segment(0xdd, Buffer.alloc(2))))),
    ).toBeUndefined();
    const twice = Buffer.from(dht);
    twice[twice.length - 1] = twice[twice.length - 2]!; // a symbol with two codes
    expect(stripJpeg(patched(plain.bytes, dht, twice))).toBeUndefined();
  });

  test("with anything behind its last block, or before the end of a restart interval", () => {
    const withRestarts = buildJpeg({ ...shape, interval: 4 });
    for (const { bytes, scans } of [plain, withRestarts, buildJpeg({ ...shape, isSplit: true })])
      for (const { end } of scans)
        for (const hidden of ["\0", "\xff\0", "secret", "\xff\xd0", "\xff\xd7", "x".repeat(3_000)])
          expect(
            stripJpeg(Buffer.concat([bytes.subarray(0, end), latin1(hidden), bytes.subarray(end)])),
          ).toBeUndefined();
    const restart = withRestarts.bytes.indexOf("\xff\xd0", withRestarts.scans[0]!.start, "latin1");
    for (const hidden of ["\0", "\xff\0", "\xff\xd0"])
      expect(
        stripJpeg(
          Buffer.concat([
            withRestarts.bytes.subarray(0, restart),
            latin1(hidden),
            withRestarts.bytes.subarray(restart),
          ]),
        ),
      ).toBeUndefined();
  });

  test("with the wrong restart markers, in progressive scans too", () => {
    const { bytes } = buildJpeg({ ...shape, interval: 4 });
    expect(stripJpeg(patched(bytes, "\xff\xd1", "\xff\xd2"))).toBeUndefined();
    expect(
      stripJpeg(patched(bytes, "\xff\xdd\0\x04\0\x04", "\xff\xdd\0\x04\0\x05")),
    ).toBeUndefined();
    const [before, scan, after] = around(progressive, 0xda);
    expect(stripJpeg(progressive)).toBeDefined();
    expect(
      stripJpeg(Buffer.concat([before, segment(0xdd, Buffer.from([0, 9])), scan, after])),
    ).toBeUndefined();
  });

  test("with a scan that repeats another, and with one missing", () => {
    const [last] = [progressive.lastIndexOf("\xff\xda", undefined, "latin1")];
    const again = Buffer.concat([progressive.subarray(0, -2), progressive.subarray(last)]);
    expect(stripJpeg(again)).toBeUndefined();
    const split = buildJpeg({ ...shape, isSplit: true });
    const second = split.scans[0]!.end;
    expect(stripJpeg(split.bytes)).toBeDefined();
    expect(
      stripJpeg(Buffer.concat([split.bytes.subarray(0, second), Buffer.from([0xff, 0xd9])])),
    ).toBeUndefined();
  });

  test("when decoders would differ about its orientation or its colours", () => {
    const exif = (...entries: string[]) =>
      segment(
        0xe1,
        Buffer.from(
          `45786966${"0000"}4d4d002a00000008000${entries.length}${entries.join("")}00000000`,
          "hex",
        ),
      );
    const [rotated, upright] = ["011200030000000100060000", "011200030000000100010000"];
    expect(stripJpeg(withBefore(0xdb, exif(rotated)))!.orientation).toBe(6);
    expect(stripJpeg(withBefore(0xdb, exif(rotated), exif(upright)))).toBeUndefined();
    expect(stripJpeg(withBefore(0xdb, exif(rotated, upright)))).toBeUndefined();
    expect(stripJpeg(withBefore(0xdb, exif("011200040000000100000006")))).toBeUndefined();

    const jfif = segment(0xe0, latin1("JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
    const adobe = (transform: number) =>
      segment(0xee, Buffer.concat([latin1("Adobe\0\x64\0\0\0\0"), Buffer.from([transform])]));
    expect(stripJpeg(withBefore(0xdb, jfif, adobe(1)))).toBeDefined();
    expect(stripJpeg(withBefore(0xdb, jfif, adobe(0)))).toBeUndefined();
    expect(stripJpeg(withBefore(0xdb, adobe(0), adobe(1)))).toBeUndefined();
    expect(stripJpeg(withBefore(0xdb, adobe(2)))).toBeUndefined();
  });

  test("with a colour profile that no compact one replaces", async () => {
    const profile = (data: Buffer) =>
      segment(0xe2, Buffer.concat([latin1("ICC_PROFILE\0\x01\x01"), data]));
    expect(stripJpeg(withBefore(0xdb, profile(noise("icc", 999))))).toBeUndefined();
    const p3 = await picture().withIccProfile("p3").jpeg().toBuffer();
    const [, icc] = around(p3, 0xe2);
    expect(stripJpeg(withBefore(0xdb, icc))).toBeDefined();
    expect(stripJpeg(withBefore(0xdb, icc, icc))).toBeUndefined();
    const grey = buildJpeg({ ...shape, sampling: [[1, 1]] }).bytes;
    const [before, dqt, after] = around(grey, 0xdb);
    expect(stripJpeg(Buffer.concat([before, icc, dqt, after]))).toBeUndefined();
  });
});

/** A grey JPEG of one colour: two bits a block. */
function manyBlocks(width: number, height: number): Buffer {
  const table = (id: number) =>
    segment(0xc4, Buffer.from([id, 1, ...Array<number>(15).fill(0), 0]));
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const data = Buffer.alloc(Math.ceil(blocks / 4));
  return Buffer.concat([
    ...[Buffer.from([0xff, 0xd8]), segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1))],
    segment(0xc0, Buffer.from([8, ...size, 1, 1, 0x11, 0])),
    ...[table(0), table(0x10), segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0]))],
    ...[data, Buffer.from([0xff, 0xd9])],
  ]);
}

test("a JPEG is checked in about the time that it takes to decode", async () => {
  const raw = { width: 1_500, height: 1_500, channels: 3 as const };
  const bytes = await sharp(noise("large", 1_500 * 1_500 * 3), { raw })
    .jpeg({ quality: 80 })
    .toBuffer();
  const cpu = async (work: () => unknown) => {
    const before = process.cpuUsage();
    for (let run = 0; run < 3; run += 1) await work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  stripJpeg(bytes);
  const stripping = await cpu(() => stripJpeg(bytes));
  expect(stripping).toBeLessThan(4 * (await cpu(() => sharp(bytes).raw().toBuffer())));
});
