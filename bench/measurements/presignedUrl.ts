import { deepStrictEqual } from "node:assert";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";

const times = 2_000;

export const presignedUrl: Row = {
  name: "presignedUrl",
  title: "A presigned URL",
  async measure(environment) {
    const env = {
      R2_ENDPOINT: "https://account.r2.cloudflarestorage.com",
      R2_ACCESS_KEY_ID: "r2",
      R2_SECRET_ACCESS_KEY: "r2",
      R2_BUCKET: "incoming",
    };
    const start = async (way: string) => {
      const worker = await environment.startProcess("processes/presignWorker.ts", { env });
      return {
        headers: await worker.call("signedHeaders", { way }),
        presign: async (): Promise<Sample> => {
          const { cpu, wall } = await worker.call<{ cpu: number; wall: number }>("presign", {
            way,
            times,
          });
          return { cpu: (cpu * 1_000) / times, wall: (wall * 1_000) / times };
        },
      };
    };
    const [keepsake, plain] = [await start("keepsake"), await start("plain")];
    deepStrictEqual(keepsake.headers, plain.headers, "both sign the same headers");

    const medians = await interleave(environment.rounds(9), {
      Keepsake: keepsake.presign,
      "`getSignedUrl`": plain.presign,
    });
    return {
      goals: [
        {
          what: "presigned URL, CPU each, same headers signed",
          actual: medians.Keepsake.cpu! / medians["`getSignedUrl`"].cpu!,
          unit: "× `getSignedUrl`",
          atMost: 0.33,
        },
      ],
      figures: [
        ["", "CPU, µs", "wall, µs"],
        ...Object.entries(medians).map(([name, { cpu, wall }]) => [name, cpu!, wall!]),
      ],
      method: `${times} URLs a turn, in two processes. Host, content type, length, SHA-256 and If-None-Match are signed; the client is created once.`,
    };
  },
};
