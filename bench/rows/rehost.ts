import { interleaved, type Sample } from "../support/measure.ts";
import { noise } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const times = 20;

export const rehost: Row = {
  name: "rehost",
  title: "Re-hosting 1 MB",
  async measure(lab) {
    const env = {
      R2_ENDPOINT: lab.storeUrl,
      R2_ACCESS_KEY_ID: "r2",
      R2_SECRET_ACCESS_KEY: "r2",
      R2_BUCKET: "images",
    };
    const path = "/platform/photo.png";
    await lab.store.ask("put", { path, base64: (await noise(950_000)).toString("base64") });
    const way = async (way: string) => {
      const subject = await lab.run("subjects/rehosts.ts", { env });
      return async (): Promise<Sample> => {
        const { cpu, wall } = await subject.ask<{ cpu: number; wall: number }>("rehost", {
          way,
          url: `${lab.storeUrl}${path}`,
          times,
        });
        return { cpu: cpu / times, wall: wall / times };
      };
    };
    const medians = await interleaved(lab.rounds(9), {
      "Keepsake, all but decoding": await way("unseen"),
      "Keepsake, decoding too": await way("whole"),
      plain: await way("plain"),
    });
    await lab.store.ask("behave", {});
    return {
      goals: [
        {
          what: "re-host of 1 MB, CPU beyond decoding",
          reached: medians["Keepsake, all but decoding"].cpu! / medians.plain.cpu!,
          unit: "× `fetch` → `arrayBuffer` → default `PutObject`",
          atMost: 0.6,
        },
      ],
      figures: [
        ["", "CPU, ms", "wall, ms"],
        ...Object.entries(medians).map(([name, { cpu, wall }]) => [name, cpu!, wall!]),
      ],
      how: `${times} PNGs of 1 MB a turn, from a server with TLS to the store. All but decoding is the download with its byte count and deadline, our SHA-256 and the PUT that carries it. Plain hashes nothing of its own.`,
    };
  },
};
