import { deepStrictEqual } from "node:assert";
import { interleaved, type Sample } from "../support/measure.ts";
import type { Row } from "../support/row.ts";

const times = 2_000;

export const presignedUrl: Row = {
  name: "presignedUrl",
  title: "A presigned URL",
  async measure(lab) {
    const env = {
      R2_ENDPOINT: "https://account.r2.cloudflarestorage.com",
      R2_ACCESS_KEY_ID: "r2",
      R2_SECRET_ACCESS_KEY: "r2",
      R2_BUCKET: "incoming",
    };
    const start = async (way: string) => {
      const subject = await lab.run("processes/presigners.ts", { env });
      return {
        headers: await subject.ask("signedHeaders", { way }),
        presign: async (): Promise<Sample> => {
          const { cpu, wall } = await subject.ask<{ cpu: number; wall: number }>("presign", {
            way,
            times,
          });
          return { cpu: (cpu * 1_000) / times, wall: (wall * 1_000) / times };
        },
      };
    };
    const [keepsake, plain] = [await start("keepsake"), await start("plain")];
    deepStrictEqual(keepsake.headers, plain.headers, "both sign the same headers");

    const medians = await interleaved(lab.rounds(9), {
      Keepsake: keepsake.presign,
      "`getSignedUrl`": plain.presign,
    });
    return {
      goals: [
        {
          what: "presigned URL, CPU each, same headers signed",
          reached: medians.Keepsake.cpu! / medians["`getSignedUrl`"].cpu!,
          unit: "× `getSignedUrl`",
          atMost: 0.33,
        },
      ],
      figures: [
        ["", "CPU, µs", "wall, µs"],
        ...Object.entries(medians).map(([name, { cpu, wall }]) => [name, cpu!, wall!]),
      ],
      how: `${times} URLs a turn, in two processes. Signed are host, type, length, SHA-256 and If-None-Match; the client is made once.`,
    };
  },
};
