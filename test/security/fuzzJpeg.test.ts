import { stripJpeg } from "@keepsake/core/imaging/formats/stripJpeg";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { latin1, noise, uint16le, uint32le } from "./hostile/byteHelpers.ts";
import { buildJpeg, endOfScanSlowly, jpegShapes, segment } from "./support/builtJpegs.ts";

/** A fraction of a length. fc.double would rarely be over 0.01. */
const anyPlace = fc.nat(9_999).map((place) => place / 10_000);

describe("a JPEG built code by code", () => {
  test("passes unchanged, and sharp decodes it without a warning", async () => {
    await fc.assert(
      fc.asyncProperty(jpegShapes(), async (shape) => {
        const { bytes } = buildJpeg(shape);
        const stripped = stripJpeg(bytes);
        expect(stripped).toMatchObject({ width: shape.width, height: shape.height });
        expect(stripped!.bytes).toBe(bytes);
        await uprightPixels(bytes);
      }),
      { numRuns: 150 },
    );
  });

  test("passes with changes in its scan exactly when it is codes to the last bit, as read bit by bit", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 0xff, 0xd0, 0xd1));
    const change = fc.record({
      place: fc.oneof(anyPlace, anyPlace, fc.constantFrom(0, 1)),
      removed: fc.constantFrom(0, 1, 1, 1, 2),
      added: fc.array(byte, { maxLength: 2 }),
    });
    let [accepted, rejected] = [0, 0];
    fc.assert(
      fc.property(jpegShapes(), fc.array(change, { maxLength: 2 }), (shape, changes) => {
        const built = buildJpeg({ ...shape, isSplit: false });
        const [scan] = built.scans;
        let data = built.bytes.subarray(scan!.start, scan!.end);
        for (const { place, removed, added } of changes)
          data = replaced(data, Math.floor(place * data.length), removed, Buffer.from(added));
        const length = scan!.end - scan!.start;
        const bytes = replaced(built.bytes, scan!.start, length, data);

        const end = endOfScanSlowly(bytes, scan!, built.interval);
        const isAccepted = stripJpeg(bytes) !== undefined;
        // a change may have made another marker, of what is no part of the scan
        if (end === undefined || end === bytes.length - 2)
          expect(isAccepted).toBe(end !== undefined);
        if (isAccepted) accepted += 1;
        else rejected += 1;
      }),
      { numRuns: 500 },
    );

    expect(Math.min(accepted, rejected)).toBeGreaterThan(50); // otherwise the property proves nothing
  });

  test("never passes with a text anywhere in it, unless its codes read as pixels", () => {
    const secret = latin1("secret plans, 24 letters");
    let passed = 0;
    fc.assert(
      fc.property(jpegShapes(), anyPlace, (shape, place) => {
        const built = buildJpeg(shape);
        const bytes = replaced(built.bytes, Math.floor(place * built.bytes.length), 0, secret);
        if (stripJpeg(bytes)?.bytes.includes(secret)) passed += 1;
      }),
      { numRuns: 500 },
    );
    expect(passed).toBeLessThan(20);
  });
});

describe("a JPEG of sharp's", () => {
  let files: Buffer[];
  beforeAll(async () => {
    const raw = { width: 83, height: 61, channels: 3 as const };
    const rough = await sharp(noise("rough", 83 * 61 * 3), { raw })
      .png()
      .toBuffer();
    const smooth = await sharp(rough).blur(3).png().toBuffer();
    const grey = await sharp(rough).greyscale().png().toBuffer();
    const options = [
      { quality: 80 },
      { quality: 95, chromaSubsampling: "4:4:4" },
      { quality: 50, optimiseCoding: false },
      { quality: 90, mozjpeg: true },
      { quality: 75, progressive: true },
      { quality: 95, progressive: true, chromaSubsampling: "4:4:4" },
    ];
    files = await Promise.all(
      [rough, smooth, grey].flatMap((picture) =>
        options.map((option) => sharp(picture).jpeg(option).toBuffer()),
      ),
    );
  });
  const anyFile = fc.nat(999).map((index) => () => files[index % files.length]!);

  test("with metadata keeps its pixels and its orientation, and nothing else", async () => {
    const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const secret = (marker: number) =>
      data.map((more) => segment(marker, Buffer.concat([latin1("secret"), more])));
    const metadata = fc.oneof(
      fc.constantFrom(0xfe, 0xe0, 0xe1, 0xe2, 0xe3, 0xe8, 0xeb, 0xed, 0xee, 0xef).chain(secret),
      fc.constantFrom(
        segment(0xe1, latin1("http://ns.adobe.com/xap/1.0/\0<x>secret</x>")),
        segment(0xe2, latin1("MPF\0II*\0\x08\0\0\0\0\0secret")),
        segment(0xe0, latin1("JFXX\0\x10secret")),
        segment(0xe0, latin1("JFIF\0\x01\x02\x01\0\x48\0\x48\x01\x01abcsecret")),
        segment(0xee, latin1("Adobe\0\x64\x80\0\0\0\x01secret")),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        anyFile,
        fc.array(metadata, { maxLength: 5 }),
        fc.nat(9),
        data,
        async (file, segments, orientation, after) => {
          const exif = orientation > 0 ? [exifSegment(orientation)] : [];
          const head = Buffer.concat([...exif, ...segments]);
          const bytes = Buffer.concat([replaced(file(), 2, 0, head), after]);
          const stripped = stripJpeg(bytes)!;

          const upright = await uprightPixels(bytes);
          expect(await uprightPixels(stripped.bytes)).toEqual(upright);
          const isValid = orientation >= 1 && orientation <= 8;
          expect(stripped.orientation).toBe(isValid ? orientation : 1);
          expect([stripped.width, stripped.height]).toEqual([upright.width, upright.height]);
          expect(hasOnlyPictureSegments(stripped.bytes)).toBe(true);
          expect(stripped.bytes.includes("secret")).toBe(false);
          expect(stripJpeg(stripped.bytes)!.bytes).toBe(stripped.bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("with random changes is accepted only with picture segments, and the same pixels if it has any", async () => {
    const place = anyPlace;
    const change = fc.oneof(
      fc.record({
        place,
        removed: fc.constantFrom(0, 1, 5),
        added: fc.uint8Array({ maxLength: 5 }),
      }),
      fc.record({ place, flipped: fc.nat(7) }),
    );
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        anyFile,
        fc.array(change, { minLength: 1, maxLength: 2 }),
        async (file, changes) => {
          let bytes = file();
          for (const { place, ...change } of changes) {
            const at = 2 + Math.floor(place * (bytes.length - 2));
            if ("added" in change)
              bytes = replaced(bytes, at, change.removed, Buffer.from(change.added));
            else bytes = replaced(bytes, at, 1, Buffer.from([bytes[at]! ^ (1 << change.flipped)]));
          }
          const stripped = stripJpeg(bytes);
          if (!stripped) return;
          accepted += 1;
          expect(hasOnlyPictureSegments(stripped.bytes)).toBe(true);
          const isProgressive = bytes.includes(progressiveFrame);
          const decoded = uprightPixels(bytes).catch(() => undefined);
          if (isProgressive && !(await decoded)) return; // its codes are not checked: a decoder warns
          expect(await uprightPixels(stripped.bytes)).toEqual((await decoded) ?? expect.anything());
        },
      ),
      { numRuns: 500 },
    );

    expect(accepted).toBeGreaterThan(90); // otherwise the property proves nothing
  });

  test("with a long text anywhere in it is rejected, by the check or by a decoder's warning", async () => {
    const secret = latin1("secret plans ".repeat(200)); // a few letters can be read as coefficients
    let leftToDecoder = 0;
    await fc.assert(
      fc.asyncProperty(anyFile, anyPlace, async (file, place) => {
        const bytes = replaced(file(), Math.floor(place * file().length), 0, secret);
        const stripped = stripJpeg(bytes);
        if (!stripped?.bytes.includes(secret)) return;
        leftToDecoder += 1;
        expect(bytes.includes(progressiveFrame)).toBe(true);
        await expect(uprightPixels(stripped.bytes)).rejects.toThrow();
      }),
      { numRuns: 500 },
    );
    expect(leftToDecoder).toBeGreaterThan(50); // otherwise the property proves nothing
  });

  test("is rejected when it is cut off anywhere", () => {
    fc.assert(
      fc.property(anyFile, anyPlace, (file, at) => {
        expect(stripJpeg(file().subarray(0, Math.floor(at * file().length)))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

test("of noise that begins like a JPEG nothing passes, and nothing throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(stripJpeg(Buffer.concat([latin1("\xff\xd8\xff"), bytes]))).toBeUndefined();
      expect(stripJpeg(Buffer.from(bytes))).toBeUndefined();
    }),
    { numRuns: 5_000 },
  );
});

const progressiveFrame = Buffer.from([0xff, 0xc2]);

/** A copy in which some bytes are replaced by others. */
const replaced = (bytes: Buffer, at: number, removed: number, added: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);

async function uprightPixels(bytes: Buffer) {
  const picture = sharp(bytes, { failOn: "warning" }).autoOrient();
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: data.toString("latin1") };
}

function exifSegment(orientation: number): Buffer {
  const entries = [
    [0x010f, 2, 4, 0x58585858], // the maker: XXXX
    [0x0112, 3, 1, orientation],
  ].map(([tag, type, count, value]) =>
    Buffer.concat([uint16le(tag!, type!), uint32le(count!, value!)]),
  );
  const directory = [uint16le(entries.length), ...entries, uint32le(0)];
  return segment(0xe1, Buffer.concat([latin1("Exif\0\0II*\0"), uint32le(8), ...directory]));
}

/** The order and the metadata of the segments of a stripped JPEG, as one pattern of its markers. */
function hasOnlyPictureSegments(bytes: Buffer): boolean {
  const jfif = "ffe000104a46494600010100000100010000";
  const exif = "ffe10022457869660000[0-9a-f]{52}";
  const adobe = "ffee000e41646f626500640000000000";
  const metadata = new RegExp(`^ffd8(${jfif})?(${exif})?(${adobe})?ff(db|c4|c0|c2)`);
  if (!metadata.test(bytes.toString("hex", 0, 100))) return false;
  const scans = bytes.toString("latin1");
  return !/\xff[\xe1-\xef\xfe\xff]/.test(scans.slice(70)) && scans.endsWith("\xff\xd9");
}
