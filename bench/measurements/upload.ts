import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MeasuredProcess } from "../support/forkProcess.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";

const count = 48;
const atOnce = 8;

export const upload: Row = {
  name: "upload",
  title: "`upload()`",
  async measure(environment) {
    const database = await environment.createDatabase("keepsake");
    const keepsake = await environment.startProcess("processes/keepsakeApi.ts");
    const r2 = { ...environment.backends.r2, endpoint: environment.storeUrl };
    const keepsakeApi = await keepsake.call<{ url: string }>("start", {
      backends: { sqsEndpoint: environment.backends.sqsEndpoint, r2, databaseUrl: database.url },
      consume: false,
    });
    const betterUpload = await environment.startProcess("peers/betterUpload.ts", {
      env: { STORE_HOST: new URL(environment.storeUrl).host },
    });
    const betterUploadApi = await betterUpload.call<{ url: string }>("start");
    const page = await environment.startProcess("processes/uploadClients.ts");
    const [token, betterUploadToken] = [await signIn(keepsake), await signIn(betterUpload)];
    const files = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const file = join(environment.directory, `upload-${index}.png`);
        await writeFile(file, await noisePng(500_000));
        return file;
      }),
    );

    const medians = await interleave(environment.rounds(4), {
      Keepsake: () => uploaded("keepsake", keepsake, { url: keepsakeApi.url, token }),
      "better-upload": () =>
        uploaded("betterUpload", betterUpload, {
          url: betterUploadApi.url,
          token: betterUploadToken,
        }),
    });
    return {
      goals: [
        {
          what: `\`upload()\` of 500 KB files, ${atOnce} at once, images/s`,
          actual: medians.Keepsake.perSecond! / medians["better-upload"].perSecond!,
          unit: "× better-upload",
          atLeast: 1,
        },
      ],
      figures: [
        ["", "images/s", "server's CPU each, ms", "client's CPU each, ms"],
        ...Object.entries(medians).map(([name, { perSecond, server, client }]) => [
          name,
          perSecond!,
          server!,
          client!,
        ]),
      ],
      method: `${count} PNGs a turn, from one client process to one server process, with the same minimal XMLHttpRequest for both; the store is the one that verifies nothing. Both routes check a JWT.`,
      reason:
        "The two do not do the same work. better-upload is done when the file is in the bucket: it serves whatever was sent, under a name whose end the sender chose. Keepsake reads the file back, hashes it, decodes all of it, rejects what is not an image or hides data, makes a placeholder, writes a second object and commits two rows. That work is what this section shows; transferring the bytes (hash, sign, PUT) is the smaller part of it.",
      profile: () =>
        keepsake.profile(() => uploaded("keepsake", keepsake, { url: keepsakeApi.url, token })),
    };

    async function uploaded(
      client: "keepsake" | "betterUpload",
      server: MeasuredProcess,
      target: { url: string; token: string },
    ): Promise<Sample> {
      await environment.store.call("configure", { keeps: true });
      const before = await server.call<NodeJS.CpuUsage>("cpu");
      const { cpu, wall } = await page.call<{ cpu: number; wall: number }>(client, {
        ...target,
        files,
        atOnce,
      });
      const after = await server.call<NodeJS.CpuUsage>("cpu");
      const served = (after.user + after.system - before.user - before.system) / 1_000;
      return { perSecond: (count * 1_000) / wall, client: cpu / count, server: served / count };
    }
  },
};

async function signIn(server: MeasuredProcess) {
  const [token = ""] = await server.call<string[]>("tokens", { count: 1 });
  return token;
}
