import { randomBytes } from "node:crypto";
import { stripMetadata } from "@keepsake/client/stripMetadata";
import sharp from "sharp";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";

const kinds = {
  photo: { what: "a photo of 8 MB as our client sends it", as: "photo", times: 6, atMost: 0.35 },
  located: { what: "a photo of 8 MB with a location", as: "photo", times: 6, atMost: 0.35 },
  portrait: { what: "a portrait of 500 KB", as: "portrait", times: 20, atMost: 0.6 },
} as const;

export const pictures: Row = {
  name: "pictures",
  title: "What is published of a picture",
  async measure(environment) {
    const located = await photo();
    const stripped = await stripMetadata(new Blob([located], { type: "image/jpeg" }));
    const files = {
      photo: Buffer.from(await stripped.arrayBuffer()),
      located,
      portrait: await noisePng(480_000),
    };
    const worker = {
      keepsake: await environment.startProcess("processes/imageWorker.ts"),
      plain: await environment.startProcess("processes/imageWorker.ts"),
    };
    const results = [];
    for (const [kind, { what, as, times, atMost }] of Object.entries(kinds)) {
      const base64 = files[kind as keyof typeof kinds].toString("base64");
      const by = (way: keyof typeof worker) => async (): Promise<Sample> => {
        const input = { way, base64, kind: as, times };
        const usage = await worker[way].call<{ cpu: number; wall: number }>("pictures", input);
        return { cpu: usage.cpu / times, wall: usage.wall / times };
      };
      const medians = await interleave(environment.rounds(5), {
        Keepsake: by("keepsake"),
        plain: by("plain"),
      });
      results.push({ what, atMost, medians });
    }
    return {
      goals: results.map(({ what, atMost, medians }) => ({
        what: `checking ${what} and making what is published of it, CPU`,
        actual: medians.Keepsake.cpu! / medians.plain.cpu!,
        unit: "× plain that makes the same",
        atMost,
      })),
      figures: [
        ["", "CPU, ms", "wall, ms"],
        ...results.flatMap(({ what, medians }) =>
          Object.entries(medians).map(([name, { cpu, wall }]) => [`${what}, ${name}`, cpu!, wall!]),
        ),
      ],
      method:
        "Both compare the SHA-256, check the picture fully and make it without metadata, upright, two smaller copies and the pixels of a placeholder. Plain encodes the picture again with sharp, in its own process; Keepsake keeps its bytes where they are only a picture, and decodes in a child process, whose CPU time is counted. Its copies take half the CPU time of sharp's defaults and have about 4 % more bytes (effort 2 instead of 4).",
      reason:
        "Every pixel has to be decoded once for the checks and the copies, and the copies have to be encoded.",
    };
  },
};

/** About 8 MB: 12 megapixels with the detail of a photo, a location and a preview-sized comment. */
async function photo(): Promise<Buffer> {
  const [width, height] = [4_000, 3_000];
  const raw = { width: width / 2, height: height / 2, channels: 3 as const };
  const detail = sharp(randomBytes(raw.width * raw.height * 3), { raw }).resize(width, height);
  return detail
    .blur(0.6)
    .withExif({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" } })
    .jpeg({ quality: 92, chromaSubsampling: "4:2:0" })
    .toBuffer();
}
