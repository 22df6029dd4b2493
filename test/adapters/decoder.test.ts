import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import type { DecoderSteps } from "@keepsake/core/decoderJob";
import sharp from "sharp";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { noise } from "../security/hostile/byteHelpers.ts";
import { animatedWebp } from "../security/hostile/slowImages.ts";
import {
  cpuMsOf,
  decoderProcesses,
  isRunning,
  killBusyDecoders,
} from "../support/decoderProcesses.ts";
import { gpsJpeg } from "../support/images.ts";

const bounds = { cpuMs: 10_000, memoryBytes: 1_000_000_000, wallMs: 20_000 };

/** For a machine that does much else. */
const patient = { ...bounds, cpuMs: 60_000, wallMs: 60_000 };

let small: Buffer;
/** Takes several seconds of CPU time. */
let slow: Buffer;
beforeAll(async () => {
  small = await picture(64, 48).png().toBuffer();
  slow = animatedWebp(40_000);
});

function jobOf<Steps extends DecoderSteps>(bytes: Buffer, format: string, steps: Steps) {
  const accepts = { format, minSidePx: 16, sidePx: 12_000, pixels: 40_000_000 };
  return { bytes, accepts, bounds, steps };
}
const checkSmall = () => jobOf(small, "png", { check: true });
const checkSlow = () => jobOf(slow, "webp", { check: true });

describe("the decoder", () => {
  const decoder = processDecoder({ processes: 1 });

  test("checks an image and reports its size upright", async () => {
    const { header, check } = await decoder.run(jobOf(await gpsJpeg(), "jpeg", { check: true }));
    expect(header).toEqual({ format: "jpeg", width: 48, height: 32 });
    expect(check).toEqual({ width: 32, height: 48 });
  });

  test("re-encodes an image upright, in sRGB and without metadata", async () => {
    for (const format of ["png", "jpeg", "webp"] as const) {
      const { encode } = await decoder.run(jobOf(await gpsJpeg(), "jpeg", { encode: { format } }));
      const metadata = await sharp(encode.bytes).metadata();
      expect(metadata).toMatchObject({ format, width: 32, height: 48, space: "srgb" });
      expect(metadata).not.toHaveProperty("exif");
      expect(metadata).not.toHaveProperty("orientation");
    }
  });

  test("keeps full colour resolution where a JPEG has it, and gives it where that is asked for", async () => {
    for (const chromaSubsampling of ["4:4:4", "4:2:0"]) {
      const jpeg = await picture(64, 64).jpeg({ chromaSubsampling }).toBuffer();
      const encoding = { format: "jpeg", quality: 95 } as const;
      const { encode } = await decoder.run(jobOf(jpeg, "jpeg", { encode: encoding }));
      expect(await sharp(encode.bytes).metadata()).toMatchObject({ chromaSubsampling });
    }
    const full = { chromaSubsampling: "4:4:4" };
    const cmyk = await picture(64, 64).toColourspace("cmyk").jpeg().toBuffer();
    const converted = await decoder.run(jobOf(cmyk, "jpeg", { encode: { format: "jpeg" } }));
    expect(await sharp(converted.encode.bytes).metadata()).toMatchObject(full);
    const halved = await picture(64, 64).jpeg().toBuffer();
    const encode = { format: "jpeg", fullColour: true } as const;
    const asked = await decoder.run(jobOf(halved, "jpeg", { encode }));
    expect(await sharp(asked.encode.bytes).metadata()).toMatchObject(full);
  });

  test("re-encodes an animation with all its frames and pixels", async () => {
    const gif = await animation().gif().toBuffer();
    const encoding = { format: "webp", lossless: true, animated: true } as const;
    const { encode } = await decoder.run(jobOf(gif, "gif", { encode: encoding }));
    expect(encode).toMatchObject({ width: 32, height: 32 });
    expect(await sharp(encode.bytes).metadata()).toMatchObject({ pages: 3, delay: [50, 60, 70] });
    const pixels = (bytes: Uint8Array) => sharp(bytes, { animated: true }).ensureAlpha().raw();
    expect(await pixels(encode.bytes).toBuffer()).toEqual(await pixels(gif).toBuffer());
  });

  test("makes narrower variants and the pixels of a placeholder in one job", async () => {
    const jpeg = await picture(800, 400).jpeg().toBuffer();
    const [variants, placeholder] = [{ widthsPx: [320, 960] }, { sidePx: 32 }];
    const made = await decoder.run(jobOf(jpeg, "jpeg", { variants, placeholder, check: true }));
    expect(made.check).toEqual({ width: 800, height: 400 });
    expect(made.variants.map(({ width, height }) => [width, height])).toEqual([[320, 160]]);
    expect(await sharp(made.variants[0]!.bytes).metadata()).toMatchObject({ format: "webp" });
    expect(made.placeholder).toMatchObject({ width: 32, height: 16 });
    expect(made.placeholder.pixels).toHaveLength(32 * 16 * 4);
    const withoutPlaceholder = await decoder.run(jobOf(jpeg, "jpeg", { variants }));
    expect(withoutPlaceholder.variants).toEqual(made.variants);
  });

  test("fits an image into the first square whose PNG is small enough", async () => {
    const jpeg = await picture(600, 300).jpeg().toBuffer();
    const fitted = async (maxBytes: number) => {
      const fit = { sidesPx: [1_000, 400, 200], maxBytes };
      const { width, height } = (await decoder.run(jobOf(jpeg, "jpeg", { fit }))).fit;
      return [width, height];
    };
    expect(await fitted(3_000_000)).toEqual([600, 300]);
    expect(await fitted(400_000)).toEqual([400, 200]);
    expect(await fitted(1)).toEqual([200, 100]);
  });

  test("does not decode an image whose header is not accepted", async () => {
    for (const accepts of [
      { format: "jpeg", minSidePx: 16, sidePx: 100, pixels: 10_000 },
      { format: "png", minSidePx: 50, sidePx: 100, pixels: 10_000 },
      { format: "png", minSidePx: 16, sidePx: 60, pixels: 10_000 },
    ])
      expect(await decoder.run({ ...checkSmall(), accepts })).toEqual({
        header: { format: "png", width: 64, height: 48 },
      });
    const accepts = { format: "png", minSidePx: 16, sidePx: 100, pixels: 100 };
    await expect(decoder.run({ ...checkSmall(), accepts })).rejects.toMatchObject({
      code: "image.bad_dimensions",
    });
  });

  test("rejects an image that is cut off, or for which a decoder prints a warning", async () => {
    const jpeg = await picture(64, 64).jpeg().toBuffer();
    const all: DecoderSteps[] = [
      { check: true },
      { encode: { format: "png" } },
      { variants: { widthsPx: [32] } },
      { variants: { widthsPx: [320] } }, // none is narrower
    ];
    for (const steps of all)
      for (const [bytes, format] of [
        [small.subarray(0, -200), "png"],
        [jpeg.subarray(0, -200), "jpeg"],
      ] as const)
        await expect(decoder.run(jobOf(bytes, format, steps))).rejects.toMatchObject({
          code: "image.damaged",
        });
  });
});

// the tests look at the processes in /proc
describe.skipIf(process.platform !== "linux")("the decoder's process", () => {
  test("is started by `start` or the first job, and kept for the next ones", async () => {
    const decoder = processDecoder({ processes: 2 });
    const others = decoderProcesses();
    const own = () => decoderProcesses().filter((pid) => !others.includes(pid));
    expect(own()).toEqual([]);
    decoder.start();
    await vi.waitFor(() => expect(own()).toHaveLength(1));
    const [pid] = own();
    for (let job = 0; job < 3; job += 1) await decoder.run(checkSmall());
    await expect(
      decoder.run(jobOf(small.subarray(0, -200), "png", { check: true })),
    ).rejects.toThrow();
    expect(own()).toEqual([pid]);
  });

  test("reports its CPU time and its memory, which stay counted when it has ended", async () => {
    const decoder = processDecoder({ processes: 1 });
    expect(decoder.usage()).toEqual({ cpuMs: 0, peakBytes: 0 });
    const pid = await processOf(decoder);
    const first = decoder.usage();
    expect(first.cpuMs).toBeGreaterThan(20);
    expect(first.cpuMs).toBeLessThanOrEqual(cpuMsOf(pid) + 20);
    expect(first.peakBytes).toBeGreaterThan(30_000_000);

    process.kill(pid, "SIGKILL");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
    await decoder.run(checkSmall());

    const both = decoder.usage();
    expect(both.cpuMs).toBeGreaterThan(first.cpuMs + 20);
    expect(both.peakBytes).toBeLessThan(2 * first.peakBytes);
  });

  test("has none of its parent's environment", async () => {
    process.env.SECRET_OF_THE_PARENT = "secret";
    const pid = await processOf(processDecoder({ processes: 1 }));
    const names = readFileSync(`/proc/${pid}/environ`, "latin1").match(/[^\0=]+(?==)/g);
    expect(names?.filter((name) => !/^(NODE_CHANNEL_|MALLOC_)/.test(name))).toEqual([]);
  });

  test("ends an image that takes too much CPU time, for good, and others are decoded", async () => {
    const decoder = processDecoder({ processes: 1 });
    const pid = await processOf(decoder);
    const late = decoder.run({ ...checkSlow(), bounds: { ...bounds, cpuMs: 300 } });
    const next = decoder.run(checkSmall());
    await expect(late).rejects.toMatchObject({ code: "image.too_complex" });
    await next;
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  test("ends an image that takes too much memory, for good", async () => {
    const decoder = processDecoder({ processes: 1 });
    const black = { width: 8_000, height: 5_000, channels: 3 as const, background: "#000" };
    const large = await sharp({ create: black }).png().toBuffer();
    const encode = { format: "webp", quality: 90, effort: 2 } as const;
    const job = jobOf(large, "png", { encode });
    await expect(
      decoder.run({ ...job, bounds: { ...bounds, memoryBytes: 150_000_000 } }),
    ).rejects.toMatchObject({ code: "image.too_complex" });
    await decoder.run(checkSmall());
  });

  test("that takes too long by the clock is ended, and its image may be tried again", async () => {
    const decoder = processDecoder({ processes: 1 });
    const pid = await processOf(decoder);
    process.kill(pid, "SIGSTOP");
    await expect(
      decoder.run({ ...checkSmall(), bounds: { ...bounds, wallMs: 500 } }),
    ).rejects.toMatchObject({ name: "RetryableError" });
    await decoder.run(checkSmall());
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  test("that is killed during a job is replaced, and the job is done", async () => {
    const decoder = processDecoder({ processes: 1 });
    const pid = await processOf(decoder);
    const done = decoder.run({
      ...jobOf(animatedWebp(15_000), "webp", { check: true }),
      bounds: patient,
    });
    const before = cpuMsOf(pid);
    await vi.waitUntil(() => cpuMsOf(pid) > before + 50, { interval: 10, timeout: 5_000 });
    process.kill(pid, "SIGKILL");
    expect(await done).toMatchObject({ check: { width: 16, height: 16 } });
  });

  test("gives large pictures and small ones in any order, each whole", async () => {
    const decoder = processDecoder({ processes: 1 });
    for (const side of [900, 60, 700, 1_200, 50, 900]) {
      const jpeg = await picture(side, side).jpeg({ quality: 90 }).toBuffer();
      const { encode } = await decoder.run(jobOf(jpeg, "jpeg", { encode: { format: "png" } }));
      const expected = await sharp(jpeg).toColourspace("srgb").png().toBuffer();
      expect(expected.equals(encode.bytes)).toBe(true);
    }
  });

  test("that is killed while it sends a large picture is replaced, and the picture is whole", async () => {
    const decoder = processDecoder({ processes: 1 });
    const jpeg = await picture(2_000, 1_500).jpeg({ quality: 90 }).toBuffer();
    const pid = await processOf(decoder);
    const before = cpuMsOf(pid);
    const job = jobOf(jpeg, "jpeg", { encode: { format: "png" } });
    const done = decoder.run({ ...job, bounds: patient });
    await vi.waitUntil(() => cpuMsOf(pid) > before + 50, { interval: 5, timeout: 15_000 });
    // this process reads nothing meanwhile: the other one encodes, and then waits in the middle of the picture
    untilIdle(pid);
    process.kill(pid, "SIGKILL");
    const { encode } = await done;
    const expected = await sharp(jpeg).toColourspace("srgb").png().toBuffer();
    expect(expected.equals(encode.bytes)).toBe(true);
  });

  test("that is killed at every attempt costs only its image, which may be tried again", async () => {
    const decoder = processDecoder({ processes: 2 });
    const crashing = expect(decoder.run(checkSlow())).rejects.toMatchObject({
      name: "RetryableError",
      message: "The decoder's process ended (SIGKILL)",
    });
    const others = Promise.all([1, 2, 3].map(() => decoder.run(checkSmall())));
    const { killed } = await killBusyDecoders(Promise.all([crashing, others]));
    expect(killed).toBe(2);
  });

  test("takes a small image while another one takes long", async () => {
    const decoder = processDecoder({ processes: 2 });
    const finished: string[] = [];
    const slower = jobOf(animatedWebp(12_000), "webp", { check: true });
    const late = decoder.run({ ...slower, bounds: patient }).then(() => finished.push("slow"));
    await decoder.run(checkSmall()).then(() => finished.push("small"));
    await late;
    expect(finished).toEqual(["small", "slow"]);
  });

  test("ends in the middle of a job when its parent is killed", async () => {
    const script = `
      const { processDecoder } = await import("@keepsake/adapters/decoder/processDecoder");
      const { animatedWebp } = await import("./test/security/hostile/slowImages.ts");
      const decoder = processDecoder({ processes: 1 });
      const accepts = { format: "webp", minSidePx: 16, sidePx: 100, pixels: 10_000 };
      const bounds = { cpuMs: 60_000, memoryBytes: 1e9, wallMs: 60_000 };
      decoder.run({ bytes: animatedWebp(60_000), accepts, bounds, steps: { check: true } });
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script]);
    const [pid = 0] = await vi.waitUntil(
      () => {
        const pids = decoderProcesses(parent.pid);
        return pids.some((each) => cpuMsOf(each) > 500) && pids;
      },
      { timeout: 15_000 },
    );
    parent.kill("SIGKILL");
    await once(parent, "exit");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 2_000 });
  });
});

/** The id of the only process of a new decoder. */
async function processOf(decoder: ReturnType<typeof processDecoder>): Promise<number> {
  const others = decoderProcesses();
  await decoder.run(checkSmall());
  const [pid] = decoderProcesses().filter((each) => !others.includes(each));
  return pid!;
}

/** Blocks this process until another one has used no CPU time for half a second. */
function untilIdle(pid: number) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let before = -1; before < cpuMsOf(pid); ) {
    before = cpuMsOf(pid);
    Atomics.wait(pause, 0, 0, 500);
  }
}

/** Opaque noise. */
function picture(width: number, height: number) {
  return sharp(noise("picture", width * height * 3), { raw: { width, height, channels: 3 } });
}

/** Three frames of one colour each, 32 × 32 px. */
function animation() {
  const pixels = Buffer.alloc(32 * 96 * 3);
  for (const [frame, value] of [20, 120, 220].entries())
    pixels.fill(value, frame * 32 * 32 * 3, (frame + 1) * 32 * 32 * 3);
  const raw = { width: 32, height: 96, channels: 3 as const, pageHeight: 32 };
  return sharp(pixels, { raw }).gif({ delay: [50, 60, 70] });
}
