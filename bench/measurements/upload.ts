import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MeasuredProcess } from "../support/forkProcess.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { noisePng } from "../support/pendingPortraits.ts";

const atOnce = 8;

export const upload: Row = {
  name: "upload",
  title: "`upload()`",
  async measure(environment) {
    const count = environment.isBrief ? 8 : 32;
    const database = await environment.createDatabase("keepsake");
    const keepsake = await environment.startProcess("processes/keepsakeApi.ts");
    const r2 = { ...environment.backends.r2, endpoint: environment.storeUrl };
    const keepsakeApi = await keepsake.call<{ url: string }>("start", {
      backends: { sqsEndpoint: environment.backends.sqsEndpoint, r2, databaseUrl: database.url },
      consume: false,
    });
    const plainDatabase = await environment.createDatabase("plain");
    const plain = await environment.startProcess("processes/plainUploads.ts", {
      env: plainSettings(plainDatabase.url, environment.storeUrl),
    });
    const plainApi = await plain.call<{ url: string }>("start");
    const betterUpload = await environment.startProcess("peers/betterUpload.ts", {
      env: { STORE_HOST: new URL(environment.storeUrl).host },
    });
    const betterUploadApi = await betterUpload.call<{ url: string }>("start");
    const floor = await environment.startProcess("processes/uploadFloor.ts", {
      args: [environment.storeUrl],
    });
    const floorApi = await floor.call<{ url: string }>("start");
    const page = await environment.startProcess("processes/uploadClients.ts");
    const token = await signIn(keepsake);
    const plainToken = await signIn(plain);
    const betterUploadToken = await signIn(betterUpload);
    const files = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const file = join(environment.directory, `upload-${index}.png`);
        await writeFile(file, await noisePng(500_000));
        return file;
      }),
    );

    const medians = await interleave(environment.rounds(3), {
      Keepsake: () => uploaded("keepsake", keepsake, { url: keepsakeApi.url, token }),
      plain: () => uploaded("plain", plain, { url: plainApi.url, token: plainToken }),
      "better-upload": () =>
        uploaded("betterUpload", betterUpload, {
          url: betterUploadApi.url,
          token: betterUploadToken,
        }),
      floor: () => uploaded("plain", floor, { url: floorApi.url, token: "none" }),
    });
    const most = medians.floor.perSecond! / medians.plain.perSecond!;
    const cpuOfBoth = ({ server, client }: Sample) => server! + client!;
    const mostByCpu = cpuOfBoth(medians.plain) / cpuOfBoth(medians.floor);
    return {
      goals: [
        {
          what: `\`upload()\` of 500 KB files, ${atOnce} at once, images/s`,
          actual: medians.Keepsake.perSecond! / medians.plain.perSecond!,
          unit: "× plain that checks the same",
          atLeast: 2,
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
      method: `${count} PNGs a turn, from one client process to one server process, with the same minimal XMLHttpRequest for all; the store is the one that verifies nothing. CPU is that of the decoder's process too. Plain does the same in the obvious way: presigns with the SDK, reads the file back, compares its SHA-256, and encodes it again with sharp, which drops all but the picture; it makes the same copy by the same settings and the same placeholder, PUTs both and writes the row. better-upload is shown without a goal: it is done when the file is in the bucket, and serves whatever was sent. The floor, by plain's client, hashes what arrived, decodes it once for the same copy and placeholder, and PUTs the file and the copy by raw \`node:https\`: no token, no signature, no row, no other check, and no process for the decoder.`,
      reason: `The floor publishes ${most.toFixed(2)} × as many images as plain, and takes 1/${mostByCpu.toFixed(2)} of the CPU: the client's hash and PUT, reading the file back, decoding it, its copy and its placeholder, and two PUTs are work of any design, and all of it shares two cores. Beside that, Keepsake verifies a token, writes a row in four statements, inflates the rows of the PNG to the last byte of the stream and decodes in a process that can be ended, and saves what plain takes to encode the picture again.`,
      profile: () =>
        keepsake.profile(() => uploaded("keepsake", keepsake, { url: keepsakeApi.url, token })),
    };

    /** Milliseconds. better-upload has no process beside its own. */
    async function cpuOf(server: MeasuredProcess): Promise<number> {
      if (server !== betterUpload) return server.call<number>("cpuWithChildren");
      const { user, system } = await server.call<NodeJS.CpuUsage>("cpu");
      return (user + system) / 1_000;
    }

    async function uploaded(
      client: "keepsake" | "plain" | "betterUpload",
      server: MeasuredProcess,
      target: { url: string; token: string },
    ): Promise<Sample> {
      await environment.store.call("configure", { keeps: true });
      const before = await cpuOf(server);
      const { cpu, wall } = await page.call<{ cpu: number; wall: number }>(client, {
        ...target,
        files,
        atOnce,
      });
      const served = (await cpuOf(server)) - before;
      return { perSecond: (count * 1_000) / wall, client: cpu / count, server: served / count };
    }
  },
};

const plainSettings = (databaseUrl: string, storeUrl: string) => ({
  DATABASE_URL: databaseUrl,
  DATABASE_POOL: String(atOnce),
  R2_ENDPOINT: storeUrl,
  R2_ACCESS_KEY_ID: "r2",
  R2_SECRET_ACCESS_KEY: "r2",
  R2_BUCKET: "images",
  R2_INCOMING: "images",
  PUBLIC_URL: "https://images.example.com",
});

async function signIn(server: MeasuredProcess) {
  const [token = ""] = await server.call<string[]>("tokens", { count: 1 });
  return token;
}
