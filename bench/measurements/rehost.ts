import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";

export const rehost: Row = {
  name: "rehost",
  title: "Re-hosting 1 MB",
  async measure(environment) {
    const times = environment.isBrief ? 3 : 20;
    const env = {
      R2_ENDPOINT: environment.storeUrl,
      R2_ACCESS_KEY_ID: "r2",
      R2_SECRET_ACCESS_KEY: "r2",
      R2_BUCKET: "images",
    };
    const path = "/platform/photo.png";
    await environment.store.call("put", {
      path,
      base64: (await noisePng(950_000)).toString("base64"),
    });
    const contender = async (way: string) => {
      const worker = await environment.startProcess("processes/rehostWorker.ts", { env });
      const url = `${environment.storeUrl}${path}`;
      const rehosted = async (): Promise<Sample> => {
        const usage = await worker.call<{ cpu: number; wall: number }>("rehost", {
          way,
          url,
          times,
        });
        return { cpu: usage.cpu / times, wall: usage.wall / times };
      };
      return { rehosted, profile: () => worker.profile(rehosted) };
    };
    const withoutDecoding = await contender("withoutDecoding");
    const complete = await contender("complete");
    const plain = await contender("plain");
    const floor = await contender("floor");
    const medians = await interleave(environment.rounds(5), {
      "Keepsake, all but decoding": withoutDecoding.rehosted,
      "Keepsake, decoding too": complete.rehosted,
      plain: plain.rehosted,
      floor: floor.rehosted,
    });
    const least = medians.floor.cpu! / medians.plain.cpu!;
    return {
      goals: [
        {
          what: "re-host of 1 MB, CPU beyond the shared decode",
          actual: medians["Keepsake, all but decoding"].cpu! / medians.plain.cpu!,
          unit: "× `fetch` → `arrayBuffer` → default `PutObject`",
          atMost: 0.75,
        },
      ],
      figures: [
        ["", "CPU, ms", "wall, ms"],
        ...Object.entries(medians).map(([name, { cpu, wall }]) => [name, cpu!, wall!]),
      ],
      method: `${times} PNGs of 1 MB a turn, from a TLS server to the store. “All but decoding” is the download with its byte limit and timeout, our SHA-256 and the PUT that carries it. Plain hashes nothing itself, but the SDK does, for its signature. The floor receives, hashes and sends with \`node:https\` alone: no limit, no timeout, no signature.`,
      reason: `The floor takes ${least.toFixed(2)} × plain: 1 MB is received over TLS, hashed once and sent over TLS in any design. Keepsake adds a limit, a timeout and a signature, by the SDK's client.`,
      profile: () => withoutDecoding.profile(),
    };
  },
};
