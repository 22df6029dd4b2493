import type { MeasuredProcess } from "../support/forkProcess.ts";
import { declaredFile } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";

const connections = 16;
const seconds = 1.2;

export const presignRoute: Row = {
  name: "presignRoute",
  title: "`presignUpload` over HTTP",
  async measure(environment) {
    const load = await environment.startProcess("processes/loadGenerator.ts");
    const database = await environment.createDatabase("keepsake");
    const { databaseUrl: _, ...backends } = environment.backends;
    const keepsake = await environment.startProcess("processes/keepsakeApi.ts");
    const keepsakeApi = await keepsake.call<{ url: string }>("start", {
      backends: { ...backends, databaseUrl: database.url },
      consume: false,
    });
    const betterUpload = await environment.startProcess("peers/betterUpload.ts");
    const betterUploadApi = await betterUpload.call<{ url: string }>("start");
    const companion = await environment.startProcess("peers/companion.ts", {
      env: { COMPANION_FILES: environment.directory, NODE_ENV: "production" },
    });
    const companionApi = await companion.call<{ url: string }>("start");

    const [tokens, betterUploadTokens] = await Promise.all([
      signIn(keepsake, 400),
      signIn(betterUpload, 400),
    ]);
    const { content_type: type, size, filename: name = "" } = declaredFile;
    const routed = (route: string) => JSON.stringify({ route, files: [{ name, size, type }] });
    const companionUrl = `${companionApi.url}/s3/params?${new URLSearchParams({ filename: name, type })}`;

    const medians = await interleave(environment.rounds(4), {
      async Keepsake() {
        await database.sql`truncate images`; // an owner may have 20 pending uploads
        const body = JSON.stringify(declaredFile);
        return measureRequests(keepsake, {
          url: `${keepsakeApi.url}/uploads`,
          body,
          headers: tokens,
        });
      },
      "better-upload with the same JWT check": () =>
        measureRequests(betterUpload, {
          url: betterUploadApi.url,
          body: routed("checked"),
          headers: betterUploadTokens,
        }),
      "better-upload without authentication": () =>
        measureRequests(betterUpload, {
          url: betterUploadApi.url,
          body: routed("open"),
          headers: [json],
        }),
      "Uppy Companion without authentication": () =>
        measureRequests(companion, { url: companionUrl, headers: [{}] }),
    });

    const rate = (name: keyof typeof medians) => medians[name].perSecond!;
    return {
      goals: [
        {
          what: "`presignUpload` over HTTP with auth, row written, requests/s",
          actual: rate("Keepsake") / rate("better-upload with the same JWT check"),
          unit: "× better-upload with auth",
          atLeast: 1,
        },
        {
          what: "the same",
          actual: rate("Keepsake") / rate("Uppy Companion without authentication"),
          unit: "× Uppy Companion",
          atLeast: 5,
        },
      ],
      figures: [
        ["", "requests/s", "CPU each, ms"],
        ...Object.entries(medians).map(([name, { perSecond, cpu }]) => [name, perSecond!, cpu!]),
      ],
      method: `${connections} connections from another process, ${seconds} s a turn. Keepsake is the local gateway and the function behind it, which checks the page token, in one process, and Postgres in others: each response means a committed row. better-upload's and Companion's routes write none. Companion runs with its defaults, on the same version of the AWS SDK. Postgres, the server and the client share the machine's cores.`,
      reason:
        "The row costs more than the rest of the route. All of them do HTTP and JSON, and two of them check the HMAC of a JWT. Keepsake also queries Postgres, which takes two writes and two reads on a socket and half a millisecond of CPU in Postgres, and copies event and response, as Lambda would. better-upload stores nothing: it cannot tell later what was declared, and cannot limit how much.",
      profile: () =>
        keepsake.profile(async () => {
          await database.sql`truncate images`;
          const body = JSON.stringify(declaredFile);
          await measureRequests(keepsake, {
            url: `${keepsakeApi.url}/uploads`,
            body,
            headers: tokens,
          });
        }),
    };

    async function measureRequests(
      server: MeasuredProcess,
      request: { url: string; body?: string; headers: Record<string, string>[] },
    ): Promise<Sample> {
      const method = request.body === undefined ? "GET" : "POST";
      const before = await server.call<NodeJS.CpuUsage>("cpu");
      const done = await load.call<{ count: number; seconds: number }>("load", {
        ...request,
        method,
        connections,
        seconds,
      });
      const after = await server.call<NodeJS.CpuUsage>("cpu");
      const cpu = after.user + after.system - before.user - before.system;
      return {
        perSecond: done.count / done.seconds,
        cpu: cpu / 1_000 / done.count,
      };
    }
  },
};

const json = { "content-type": "application/json" };

async function signIn(server: MeasuredProcess, count: number) {
  const tokens = await server.call<string[]>("tokens", { count });
  return tokens.map((token) => ({ ...json, authorization: `Bearer ${token}` }));
}
