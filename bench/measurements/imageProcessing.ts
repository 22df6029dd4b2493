import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";

type Kind = { what: string; format: "jpeg" | "png" | "webp"; times: number; atMost: number };
type Usage = { cpu: number; wall: number; bytes?: number };

const kinds: Kind[] = [
  { what: "a JPEG of 8 MB", format: "jpeg", times: 2, atMost: 0.35 },
  { what: "a PNG of 500 KB", format: "png", times: 5, atMost: 0.6 },
  { what: "a WebP of 2 MB", format: "webp", times: 1, atMost: 0.5 },
];

export const pictures: Row = {
  name: "pictures",
  title: "Completing an upload",
  async measure(environment) {
    const files = { jpeg: await photo(), png: await illustration(), webp: await webpPhoto() };
    const database = await environment.createDatabase("keepsake");
    const start = async () => {
      const worker = await environment.startProcess("processes/imageWorker.ts");
      await worker.call("start", { databaseUrl: database.url });
      return worker;
    };
    const [keepsake, plain] = [await start(), await start()];

    const results = [];
    for (const { what, format, atMost, ...kind } of kinds) {
      const times = environment.isBrief ? 1 : kind.times;
      const input = { base64: files[format].toString("base64"), format, times };
      const by =
        (worker: typeof plain, way: "keepsake" | "plain" | "floor", more = {}) =>
        async (): Promise<Sample> => {
          const { cpu, wall, bytes = 0 } = await worker.call<Usage>(way, { ...input, ...more });
          return { cpu: cpu / times, wall: wall / times, kilobytes: bytes / 1e3 };
        };
      const contenders: Record<string, () => Promise<Sample>> = {
        Keepsake: by(keepsake, "keepsake"),
        plain: by(plain, "plain"),
        floor: by(keepsake, "floor"),
      };
      if (format === "webp") contenders["plain, effort 0"] = by(plain, "plain", { as: "fastWebp" });
      const medians = await interleave(environment.rounds(3), contenders);
      results.push({ what, atMost, medians });
    }
    return {
      goals: results.map(({ what, atMost, medians }) => ({
        what: `completing ${what}, CPU`,
        actual: medians.Keepsake!.cpu! / medians.plain!.cpu!,
        unit: "× plain that publishes the same",
        atMost,
      })),
      figures: [
        ["", "CPU, ms", "wall, ms", "published, kB"],
        ...results.flatMap(({ what, medians }) =>
          Object.entries(medians).map(([name, { cpu, wall, kilobytes }]) => [
            ...[`${what}, ${name}`, cpu!, wall!, name === "floor" ? "" : kilobytes!],
          ]),
        ),
      ],
      method:
        "The bytes have been read, and what is published is not sent: other rows measure requests. Both find the row, compare the SHA-256, check the picture fully, make it without metadata and upright, two smaller copies by the same settings (WebP of quality 75 and effort 0) and a ThumbHash, and write the row. Plain encodes the picture again with sharp, in its own process, a JPEG at quality 95. Keepsake keeps the picture's own bytes where they are only a picture, and decodes in a child process, whose CPU time is counted. Keepsake never keeps those of a WebP: it encodes one at about the quality that it has, from 80 to 95. This one has 75, so both encode it at 80, Keepsake at effort 0, plain with sharp's default, effort 4, and for comparison at effort 0 too. The floor, without a goal, is measured in the same turns: the decoder decodes the picture once and makes the copies and the placeholder, and nothing is checked, hashed, encoded again or written. The JPEG has 12 megapixels and a location, the PNG is an illustration of 1,024 × 1,024 pixels, the WebP has 5 megapixels.",
      reason: `${results.slice(0, 2).map(floorOf).join(" ")} The goals are above these floors. Beyond them, Keepsake finds the row and writes it, hashes what was sent and, of the JPEG, what is published, and checks in JavaScript that nothing is hidden: it goes over every Huffman code of the JPEG, which takes most of its CPU time beyond the floor, and inflates the rows of the PNG.`,
    };
  },
};

function floorOf({ what, medians }: { what: string; medians: Record<string, Sample> }): string {
  const least = medians.floor!.cpu!;
  return `The floor of completing ${what} is ${least.toFixed(1)} ms, ${(least / medians.plain!.cpu!).toFixed(2)} × plain.`;
}

/** About 8 MB: 12 megapixels with the detail of a photo, and a location. */
async function photo(): Promise<Buffer> {
  return (await noisePicture(4_000, 3_000))
    .withExif({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" } })
    .jpeg({ quality: 92, chromaSubsampling: "4:2:0" })
    .toBuffer();
}

/** About 2 MB: 5 megapixels. */
const webpPhoto = async () =>
  (await noisePicture(2_600, 1_950)).webp({ quality: 75, effort: 0 }).toBuffer();

async function noisePicture(width: number, height: number) {
  const raw = { width: width / 2, height: height / 2, channels: 3 as const };
  return sharp(randomBytes(raw.width * raw.height * 3), { raw })
    .resize(width, height)
    .blur(0.6);
}

/** About 500 KB: soft shapes in few colours. */
async function illustration(): Promise<Buffer> {
  const raw = { width: 43, height: 43, channels: 3 as const };
  const { data, info } = await sharp(randomBytes(43 * 43 * 3), { raw })
    .resize(1_024, 1_024)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const fewer = data.map((value) => Math.min(255, Math.round(value / 24) * 24));
  return sharp(fewer, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer();
}
