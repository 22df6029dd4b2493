import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { interleaved, type Sample } from "../support/measure.ts";
import type { Subject } from "../support/measuredProcess.ts";
import { noise } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const count = 48;
const atOnce = 8;

export const upload: Row = {
  name: "upload",
  title: "`upload()`",
  async measure(lab) {
    const database = await lab.database("keepsake");
    const keepsake = await lab.run("processes/localStack.ts");
    const r2 = { ...lab.parts.r2, endpoint: lab.storeUrl };
    const ours = await keepsake.ask<{ url: string }>("start", {
      parts: { sqsEndpoint: lab.parts.sqsEndpoint, r2, databaseUrl: database.url },
      consume: false,
    });
    const betterUpload = await lab.run("peers/betterUpload.ts", {
      env: { STORE_HOST: new URL(lab.storeUrl).host },
    });
    const theirs = await betterUpload.ask<{ url: string }>("start");
    const page = await lab.run("processes/uploads.ts");
    const [token, theirToken] = [await signIn(keepsake), await signIn(betterUpload)];
    const files = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const file = join(lab.directory, `upload-${index}.png`);
        await writeFile(file, await noise(500_000));
        return file;
      }),
    );

    const medians = await interleaved(lab.rounds(4), {
      async Keepsake() {
        await database.sql`truncate images`; // or all of them would be duplicates
        return uploaded("keepsake", keepsake, { url: ours.url, token });
      },
      "better-upload": () =>
        uploaded("betterUpload", betterUpload, { url: theirs.url, token: theirToken }),
    });
    return {
      goals: [
        {
          what: `\`upload()\` of 500 KB files, ${atOnce} at once, images/s`,
          reached: medians.Keepsake.perSecond! / medians["better-upload"].perSecond!,
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
      how: `${count} PNGs a turn, from one client process to one server process, on the same small XMLHttpRequest for both; the store is the one that verifies nothing. Both routes check a JWT.`,
      reason:
        "The two do not do the same. better-upload is done when the file is in the bucket: whatever was sent is what is served, under a name that its sender chose the end of. Keepsake reads it back, hashes it, decodes all of it, refuses what is no image or hides something, makes a placeholder, writes a second object and commits two rows. That work is what this row shows; the way of the bytes themselves (hash, sign, PUT) is the smaller part of it.",
      async profile() {
        await database.sql`truncate images`;
        return keepsake.profile(() => uploaded("keepsake", keepsake, { url: ours.url, token }));
      },
    };

    async function uploaded(
      client: "keepsake" | "betterUpload",
      server: Subject,
      target: { url: string; token: string },
    ): Promise<Sample> {
      await lab.store.ask("behave", { keeps: true });
      const before = await server.ask<NodeJS.CpuUsage>("cpu");
      const { cpu, wall } = await page.ask<{ cpu: number; wall: number }>(client, {
        ...target,
        files,
        atOnce,
      });
      const after = await server.ask<NodeJS.CpuUsage>("cpu");
      const served = (after.user + after.system - before.user - before.system) / 1_000;
      return { perSecond: (count * 1_000) / wall, client: cpu / count, server: served / count };
    }
  },
};

async function signIn(server: Subject) {
  const [token = ""] = await server.ask<string[]>("tokens", { count: 1 });
  return token;
}
