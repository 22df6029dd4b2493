import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { StoredImage, ZipEntry } from "@keepsake/core/exports/layouts/exportPlan";
import { expectedBytes } from "@keepsake/core/exports/trainingFormat";
import { zipChunks } from "@keepsake/core/exports/zipChunks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allOf,
  imageBytes,
  itemsWith,
  storedImage,
  zipOf,
  zipsOf,
} from "../../support/exports/exportPlans.ts";
import { readZip } from "../../support/exports/readZip.ts";

const execute = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "keepsake-zips-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pictures = (count: number, bytes = 1_000): ZipEntry[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `${at}.png`,
    picture: { ...storedImage(`image ${at}`), bytes },
  }));

/** Resolves when nothing more happens by itself: no test here waits for the network or a file. */
async function settled() {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

describe("a zip", () => {
  test("has every file as it was given, without compression and with names in UTF-8", async () => {
    const entries: ZipEntry[] = [
      { name: "10_ネコ 👩‍🚀/0001.png", picture: storedImage("a picture") },
      { name: "10_ネコ 👩‍🚀/0001.txt", text: "hélas" },
      { name: "empty.txt", text: "" },
    ];
    const files = readZip(await zipOf(zipChunks(entries, imageBytes)));
    expect(files.map(({ name, bytes }) => [name, String(bytes)])).toEqual([
      ["10_ネコ 👩‍🚀/0001.png", "a picture"],
      ["10_ネコ 👩‍🚀/0001.txt", "hélas"],
      ["empty.txt", ""],
    ]);
  });

  test("without files is an empty zip", async () => {
    expect(readZip(await zipOf(zipChunks([], imageBytes)))).toEqual([]);
  });

  test("is read by Python, which finds no damage", async () => {
    const items = itemsWith(["ein grüner Hut", null, "猫"]);
    const layouts = ["pairs", "kohya", "imagefolder", "control"] as const;
    for (const layout of layouts) {
      const [zip] = (await zipsOf(layout, items, { trigger_word: "ネコ" })) as [Buffer];
      const file = path.join(folder, `${layout}.zip`);
      await writeFile(file, zip);
      const { stdout } = await execute("python3", ["-c", readByPython, file]);
      const read = JSON.parse(stdout) as { damaged: string | null; files: unknown[] };
      const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
      expect(read.damaged).toBeNull();
      expect(read.files).toEqual(
        readZip(zip).map(({ name, bytes }) => [name, digest(bytes), [1980, 1, 1, 0, 0, 0], 0]),
      );
    }
  });

  test("has the same bytes in every time zone", async () => {
    const before = process.env.TZ;
    const zones = Intl.supportedValuesOf("timeZone");
    try {
      const digests = new Set<string>();
      for (const zone of zones) {
        process.env.TZ = zone;
        const zip = await zipOf(zipChunks(pictures(2), imageBytes));
        digests.add(createHash("sha256").update(zip).digest("hex"));
      }
      expect([zones.length > 300, digests.size]).toEqual([true, 1]);
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  test("has the same bytes whatever order its pictures are read in", async () => {
    const late = async (image: StoredImage) => {
      await new Promise((resolve) => setTimeout(resolve, image.key.length % 2 ? 10 : 0));
      return imageBytes(image);
    };
    const [one, other] = [imageBytes, late].map((read) => zipOf(zipChunks(pictures(12), read)));
    expect((await one)!.equals((await other)!)).toBe(true);
  });
});

describe("the pictures of a zip", () => {
  /** Reads that end, or fail, when the test says so. */
  function heldReads() {
    const started: { key: string; end(): void; fail(error: Error): void; signal: AbortSignal }[] =
      [];
    const read = (image: StoredImage, signal: AbortSignal) =>
      new Promise<Uint8Array>((resolve, reject) => {
        const end = () => resolve(Buffer.from(image.key));
        started.push({ key: image.key, end, fail: reject, signal });
      });
    return { started, read };
  }

  test("are read three at a time, and no further while no chunks are taken", async () => {
    const { started, read } = heldReads();
    const zip = zipChunks(pictures(9), read);
    await settled();
    expect(started.length).toBe(0);
    const first = zip.next();
    await settled();
    expect(started.length).toBe(3);
    for (const each of started) each.end();
    await first;
    await settled();
    expect(started.length).toBe(3);
    for (let chunk = 0; chunk < 4; chunk += 1) await zip.next();
    await settled();
    expect(started.map(({ key }) => key)).toEqual(["image 0", "image 1", "image 2", "image 3"]);
    await zip.return(undefined);
  });

  test("are read one by one where they are large", async () => {
    const { started, read } = heldReads();
    const zip = zipChunks(pictures(3, 20_000_000), read);
    const first = zip.next();
    await settled();
    expect(started.length).toBe(1);
    started[0]!.end();
    await first;
    await zip.return(undefined);
  });

  test.each([
    [1_000_000, 3],
    [12_000_000, 1],
    [40_000_000, 1],
  ])("that are WebPs of %i pixels are counted as PNGs: %i at a time", async (pixels, count) => {
    const { started, read } = heldReads();
    const side = Math.sqrt(pixels);
    const webp = { ...storedImage("a WebP", "image/webp"), width: side, height: side };
    const entries = ["a.png", "b.png", "c.png"].map((name) => ({ name, picture: webp }));
    const first = zipChunks(entries, read, { bytesOf: expectedBytes }).next();
    await settled();
    expect(started.length).toBe(count);
    started[0]!.end();
    await first;
  });

  test("take as much memory as a few of them, however many they are", {
    timeout: 90_000,
  }, async () => {
    const { stdout } = await execute(process.execPath, [fileURLToPath(zipManyPictures)]);
    const { bytes, grownBytes } = JSON.parse(stdout) as { bytes: number; grownBytes: number };
    expect(bytes).toBeGreaterThan(1_500_000_000);
    expect(grownBytes).toBeLessThan(60_000_000);
  });

  test("are freed once they are in the zip, and have all their bytes until then", async () => {
    const read: Buffer[] = [];
    const readPicture = async ({ key }: StoredImage) => {
      read.push(Buffer.alloc(100_000, key));
      return read.at(-1)!;
    };
    const copies: Buffer[] = [];
    for await (const chunk of zipChunks(pictures(20), readPicture)) {
      copies.push(Buffer.from(chunk));
      expect(read.filter(({ length }) => length > 0).length).toBeLessThanOrEqual(4);
    }
    expect(read.map(({ length }) => length)).toEqual(new Array(20).fill(0));
    const expected = pictures(20).map((_, at) => Buffer.alloc(100_000, `image ${at}`));
    const files = readZip(Buffer.concat(copies));
    expect(files.every(({ bytes }, at) => bytes.equals(expected[at]!))).toBe(true);
  });

  test("are passed without a copy", async () => {
    const bytes = Buffer.from("the very bytes");
    const chunks = await allOf(zipChunks(pictures(1), async () => bytes));
    expect(chunks).toContain(bytes);
  });

  test("end the zip with their error when one cannot be read", async () => {
    const { started, read } = heldReads();
    const zipped = zipOf(zipChunks(pictures(9), read));
    await settled();
    started[1]!.fail(new Error("gone"));
    started[0]!.end();
    await expect(zipped).rejects.toThrow("gone");
    expect(started.every(({ signal }) => signal.aborted)).toBe(true);
    expect(started.length).toBeLessThanOrEqual(4);
  });

  test("are no longer waited for once the signal aborts", async () => {
    const { started, read } = heldReads();
    const ending = new AbortController();
    const zipped = zipOf(zipChunks(pictures(9), read, { signal: ending.signal }));
    await settled();
    ending.abort(new Error("too late"));
    await expect(zipped).rejects.toThrow("too late");
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  });

  test("are none when the signal has aborted before", async () => {
    const { started, read } = heldReads();
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(zipOf(zipChunks(pictures(1), read, { signal }))).rejects.toThrow("too late");
    expect(started.length).toBe(0);
  });

  test("are no longer read when the zip is taken no further", async () => {
    const { started, read } = heldReads();
    const zip = zipChunks(pictures(9), read);
    const first = zip.next();
    await settled();
    started[0]!.end();
    await first;
    await zip.return(undefined);
    for (const each of started) each.end();
    await settled();
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  });
});

const zipManyPictures = new URL("../../support/exports/zipManyPictures.ts", import.meta.url);

const readByPython = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as zip:
    files = [[each.filename, hashlib.sha256(zip.read(each)).hexdigest(), each.date_time, each.compress_type] for each in zip.infolist()]
    print(json.dumps({"damaged": zip.testzip(), "files": files}))
`;
