import { promisedFile } from "../support/events.ts";
import { interleaved, type Sample } from "../support/measure.ts";
import type { Subject } from "../support/measuredProcess.ts";
import type { Row } from "../support/row.ts";

const connections = 16;
const seconds = 1.2;

export const presignRoute: Row = {
  name: "presignRoute",
  title: "`presignUpload` over HTTP",
  async measure(lab) {
    const load = await lab.run("processes/loadGenerator.ts");
    const database = await lab.database("keepsake");
    const { databaseUrl: _, ...parts } = lab.parts;
    const keepsake = await lab.run("processes/localStack.ts");
    const ours = await keepsake.ask<{ url: string }>("start", {
      parts: { ...parts, databaseUrl: database.url },
      consume: false,
    });
    const betterUpload = await lab.run("peers/betterUpload.ts");
    const theirs = await betterUpload.ask<{ url: string }>("start");
    const companion = await lab.run("peers/companion.ts", {
      env: { COMPANION_FILES: lab.directory, NODE_ENV: "production" },
    });
    const uppy = await companion.ask<{ url: string }>("start");

    const [tokens, theirTokens] = await Promise.all([
      signedIn(keepsake, 400),
      signedIn(betterUpload, 400),
    ]);
    const { content_type: type, size, filename: name = "" } = promisedFile;
    const routed = (route: string) => JSON.stringify({ route, files: [{ name, size, type }] });
    const companionUrl = `${uppy.url}/s3/params?${new URLSearchParams({ filename: name, type })}`;

    const medians = await interleaved(lab.rounds(4), {
      async Keepsake() {
        await database.sql`truncate images`; // an owner may have 20 uploads outstanding
        const body = JSON.stringify(promisedFile);
        return answers(keepsake, { url: `${ours.url}/uploads`, body, headers: tokens });
      },
      "better-upload with the same JWT check": () =>
        answers(betterUpload, { url: theirs.url, body: routed("checked"), headers: theirTokens }),
      "better-upload, which asks nobody who they are": () =>
        answers(betterUpload, { url: theirs.url, body: routed("open"), headers: [json] }),
      "Uppy Companion, which asks nobody either": () =>
        answers(companion, { url: companionUrl, headers: [{}] }),
    });

    const rate = (name: keyof typeof medians) => medians[name].perSecond!;
    return {
      goals: [
        {
          what: "`presignUpload` over HTTP with auth, row written, requests/s",
          reached: rate("Keepsake") / rate("better-upload with the same JWT check"),
          unit: "× better-upload with auth",
          atLeast: 1,
        },
        {
          what: "the same",
          reached: rate("Keepsake") / rate("Uppy Companion, which asks nobody either"),
          unit: "× Uppy Companion",
          atLeast: 5,
        },
      ],
      figures: [
        ["", "requests/s", "CPU each, ms"],
        ...Object.entries(medians).map(([name, { perSecond, cpu }]) => [name, perSecond!, cpu!]),
      ],
      how: `${connections} connections from another process, ${seconds} s a turn. Keepsake is the local gateway with its JWT check and the function behind it, in one process, and Postgres in others: each answer means a committed row. better-upload's and Companion's routes write none. Companion runs as it comes, on the same version of AWS's SDK. Postgres, the server and the client share the machine's cores.`,
      reason:
        "A row costs more than a route. Beyond what all of them do (HTTP, JSON, and for two of them the check of an ES256 signature), ours asks Postgres, which is two writes and two reads on a socket here and half a millisecond of CPU there, and hands event and answer over as copies, as Lambda would. better-upload writes down nothing: it cannot say later what was promised, nor bound how much.",
      profile: () =>
        keepsake.profile(async () => {
          await database.sql`truncate images`;
          const body = JSON.stringify(promisedFile);
          await answers(keepsake, { url: `${ours.url}/uploads`, body, headers: tokens });
        }),
    };

    async function answers(
      server: Subject,
      request: { url: string; body?: string; headers: Record<string, string>[] },
    ): Promise<Sample> {
      const method = request.body === undefined ? "GET" : "POST";
      const before = await server.ask<NodeJS.CpuUsage>("cpu");
      const done = await load.ask<{ answered: number; seconds: number }>("load", {
        ...request,
        method,
        connections,
        seconds,
      });
      const after = await server.ask<NodeJS.CpuUsage>("cpu");
      const cpu = after.user + after.system - before.user - before.system;
      return {
        perSecond: done.answered / done.seconds,
        cpu: cpu / 1_000 / done.answered,
      };
    }
  },
};

const json = { "content-type": "application/json" };

async function signedIn(server: Subject, count: number) {
  const tokens = await server.ask<string[]>("tokens", { count });
  return tokens.map((token) => ({ ...json, authorization: `Bearer ${token}` }));
}
