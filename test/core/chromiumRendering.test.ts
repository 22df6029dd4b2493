import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { type PreparedPicture, sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import type { RealFile } from "../support/realisticFiles/drawnPhotos.ts";
import { realJpegs } from "../support/realisticFiles/jpegs.ts";
import { realAvifs, realGifs, realWebps } from "../support/realisticFiles/otherFormats.ts";
import { pngsWithColours, realPngs } from "../support/realisticFiles/pngs.ts";

const decoder = processDecoder({ processes: 1 });
let browser: Browser;
let page: Page;
let files: Map<string, RealFile>;

beforeAll(async () => {
  const made = [realPngs(), pngsWithColours(), realJpegs(), realWebps(), realGifs(), realAvifs()];
  const [launched, ...all] = await Promise.all([launchBrowser(), ...made]);
  browser = launched;
  files = new Map(all.flat().map((file) => [file.name, file]));
  page = await browser.newPage();
  await page.goto(inject("pages").allowed); // frames can be decoded on secure origins only
}, 120_000);
afterAll(() => browser?.close());

/** The file of that name, and what is published of it. */
async function published(name: string) {
  const file = files.get(name);
  if (!file) throw new Error(`There is no ${name}`);
  return { file, picture: await sanitizeImage(decoder, file.bytes, imageLimits) };
}

describe("Chromium shows before and after publication", () => {
  test.for([
    ["JPEG orientation 6 false", 0],
    ["JPEG orientation 7 true", 0],
    ["JPEG with everything", 0],
    ["JPEG sRGB 4:2:0 orientation 6", 2],
    ["JPEG Display P3 4:4:4 orientation 1", 3],
    ["JPEG Display P3 4:2:0 orientation 6", 3],
    ["JPEG Adobe RGB 4:4:4 orientation 1", 3],
    ["PNG rgba with everything", 0],
    ["PNG of 16 colours, transparent", 0],
    ["PNG rgb of 16 bits, plain", 1],
    ["PNG grey with alpha, interlaced", 0],
    ["PNG rgb in a profile of Display P3", 3],
    ["PNG rgb in a profile of Adobe RGB", 3],
    ["PNG rgb, gamma linear", 3],
    ["PNG rgba, gamma of old Macs", 3],
    ["PNG grey, gamma linear", 3],
    ["PNG grey with alpha, gamma of old Macs", 3],
    ["PNG rgb, gamma and primaries of Adobe RGB", 2],
    ["PNG grey, codes of PQ", 4],
    ["PNG grey of 16 bits, codes of HLG", 4],
    // of 16 bits, Chromium converts the first 8, which counts most where a colour is at the edge of sRGB
    ["PNG rgba of 16 bits, gamma and primaries of Adobe RGB", 16],
    ["PNG grey of 16 bits, gamma of old Macs", 2],
    ["PNG rgb of 16 bits, gamma linear", 2],
    ["PNG rgba, codes of Display P3", 2],
    ["PNG rgb of 16 bits, codes of Display P3", 16],
    ["PNG rgb, codes of BT.2020", 2],
    ["PNG grey of 16 bits, codes of BT.2020", 2],
    ["PNG rgb, codes of BT.709 before a profile", 2],
    ["PNG rgb of 16 bits, codes of BT.709 before a profile", 2],
    ["PNG rgb of 16 bits, a profile", 16],
    ["webp without loss, alpha, described", 0],
    ["gif plain, transparent", 0],
    ["gif animation of 6, transparent", 0],
  ] as const)("a %s within %i of 255", async ([name, tolerance]) => {
    const { file, picture } = await published(name);
    const [before, after, difference] = await shown(file, picture);
    expect(before).toEqual(file.shown);
    expect(after).toEqual(file.shown);
    expect(difference.furthest).toBeLessThanOrEqual(tolerance);
  });

  test.for([
    ["avif q75 4:4:4", 38],
    ["avif q50 4:2:0, alpha", 38],
    ["webp q75", 38],
    ["JPEG with a fill byte, 4:2:0", 45],
  ] as const)("a %s that is encoded anew at %i dB", async ([name, ratio]) => {
    const { file, picture } = await published(name);
    const [before, after, difference] = await shown(file, picture);
    expect([before, after]).toEqual([file.shown, file.shown]);
    expect(difference.psnr).toBeGreaterThan(ratio);
  });

  test.for(["gif animation of 6", "webp animation of 5, true, true"])(
    "every frame of a %s as long, with the same pixels",
    async (name) => {
      const { file, picture } = await published(name);
      expect(picture.format).toBe("webp");
      const before = await framesOf(file.bytes, `image/${file.format}`);
      const after = await framesOf(picture.bytes, "image/webp");
      expect(before.length).toBe(file.frames);
      expect(after).toEqual(before);
    },
  );
});

/** The sizes in which Chromium shows both, and how far their colours in sRGB are apart. */
async function shown(file: RealFile, picture: PreparedPicture) {
  const urls = [
    dataUrl(file.bytes, `image/${file.format}`),
    dataUrl(picture.bytes, picture.contentType),
  ];
  return page.evaluate(async (sources) => {
    const [one, other] = await Promise.all(
      sources.map(async (src) => {
        const image = new Image();
        image.src = src;
        await image.decode();
        const { naturalWidth: width, naturalHeight: height } = image;
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext("2d", { colorSpace: "srgb" })!;
        context.fillStyle = "#808080"; // of what is almost transparent, no decoder knows the colour
        context.fillRect(0, 0, width, height);
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        return { size: [width, height], data };
      }),
    );
    const { data: a } = one!;
    const { data: b } = other!;
    let [furthest, squares] = [a.length === b.length ? 0 : 255, 0];
    for (let at = 0; at < a.length; at += 1) {
      const distance = Math.abs(a[at]! - b[at]!);
      furthest = Math.max(furthest, distance);
      squares += distance ** 2;
    }
    const psnr = squares === 0 ? 99 : 10 * Math.log10((255 ** 2 * a.length) / squares);
    return [one!.size, other!.size, { furthest, psnr }] as const;
  }, urls);
}

/** Of each frame of an animation: how long it is shown, in ms, and a checksum of its pixels. */
function framesOf(bytes: Buffer, type: string) {
  return page.evaluate(
    async ({ base64, type }) => {
      const data = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const images = new ImageDecoder({ data, type });
      await Promise.all([images.tracks.ready, images.completed]);
      const { frameCount } = images.tracks.selectedTrack!;
      const frames = [];
      for (let frameIndex = 0; frameIndex < frameCount; frameIndex += 1) {
        const { image } = await images.decode({ frameIndex });
        const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
        const context = canvas.getContext("2d")!;
        context.drawImage(image, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
        const sum = pixels.reduce((sum, value, at) => (sum + value * (at + 1)) % 1_000_000_007, 0);
        frames.push({ ms: (image.duration ?? 0) / 1_000, sum });
        image.close();
      }
      return frames;
    },
    { base64: bytes.toString("base64"), type },
  );
}

const dataUrl = (bytes: Buffer, type: string) => `data:${type};base64,${bytes.toString("base64")}`;
