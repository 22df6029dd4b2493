import { interleaved, type Sample } from "../support/measure.ts";
import { noise } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const times = 30;

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
    const contender = async (way: string) => {
      const subject = await lab.run("processes/rehosts.ts", { env });
      const url = `${lab.storeUrl}${path}`;
      const rehosted = async (): Promise<Sample> => {
        const spent = await subject.ask<{ cpu: number; wall: number }>("rehost", {
          way,
          url,
          times,
        });
        return { cpu: spent.cpu / times, wall: spent.wall / times };
      };
      return { rehosted, profile: () => subject.profile(rehosted) };
    };
    const unseen = await contender("unseen");
    const whole = await contender("whole");
    const plain = await contender("plain");
    const medians = await interleaved(lab.rounds(7), {
      "Keepsake, all but decoding": unseen.rehosted,
      "Keepsake, decoding too": whole.rehosted,
      plain: plain.rehosted,
    });
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
      how: `${times} PNGs of 1 MB a turn, from a server with TLS to the store. All but decoding is the download with its byte count and deadline, our SHA-256 and the PUT that carries it. Plain hashes nothing of its own, but the SDK does: for its signature.`,
      reason:
        "What is left once everything avoidable is gone: 1 MB comes through TLS, is hashed once, and goes through TLS again. All of that plain does too, SHA-256 included, and together it is most of either. Ours saves `fetch` and the SDK's own checksum.",
      profile: async () => {
        return unseen.profile();
      },
    };
  },
};
