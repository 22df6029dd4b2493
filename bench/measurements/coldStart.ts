import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createQueue } from "../support/createQueue.ts";
import type { DeployedFunction } from "../support/lambdaBundles.ts";
import { apiEvent, declaredFile, photoUpdate, sqsEvent } from "../support/lambdaEvents.ts";
import { startOnce } from "../support/lambdaStart.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { insertPending, insertPlainPending, noisePng } from "../support/pendingPortraits.ts";
import { insertPlainUpload, insertUpload } from "../support/pendingUpload.ts";
import type { Environment } from "../support/startEnvironment.ts";

const limits = {
  presignUpload: 0.35,
  createWorld: 0.4,
  telegramRehost: 0.35,
  completeUpload: 0.5,
  uploadPortraits: 0.5,
};
type Name = keyof typeof limits;

const rounds = 5;

export const coldStart: Row = {
  name: "coldStart",
  title: "Cold starts",
  async measure(environment) {
    const { functions, decodeOnce } = await contenders(environment);
    const starts = Object.fromEntries(
      functions.flatMap(({ name, ...ways }) =>
        Object.entries(ways).map(([way, { lambda, event }]) => [
          `${name} ${way}`,
          async () => startOnce(environment.directory, lambda, await event()),
        ]),
      ),
    );
    const medians: Record<string, Sample> = await interleave(environment.rounds(rounds), {
      ...starts,
      "decoding once": () => startOnce(environment.directory, decodeOnce.lambda, decodeOnce.event),
    });

    const cpu = (name: string, way: string) => medians[`${name} ${way}`]!.cpu!;
    const decoding = medians["decoding once"]!.inChildren!;
    const withoutS3 = cpu("presignUpload", "keepsake");
    const ofPlain = (name: Name) => ((decoding + withoutS3) / cpu(name, "plain")).toFixed(2);
    return {
      goals: [
        ...functions.map(({ name }) => ({
          what: `cold start of \`${name}\`, CPU of init and first call`,
          actual: cpu(name, "keepsake") / cpu(name, "plain"),
          unit: "× plain",
          atMost: limits[name],
        })),
        {
          what: "bundle of `presignUpload`",
          actual: functions[0]!.keepsake.lambda.bytes / 1_000,
          unit: "kB",
          atMost: 165,
        },
      ],
      figures: [
        [
          "",
          "bundle, kB",
          "CPU, ms",
          "of which child processes",
          "wall, ms",
          "of which loading, ms",
          "CPU with Node's start, ms",
        ],
        ...functions.flatMap(({ name, keepsake, plain, floor }) => [
          line(`\`${name}\`, Keepsake`, keepsake.lambda, medians[`${name} keepsake`]!),
          line(`\`${name}\`, plain`, plain.lambda, medians[`${name} plain`]!),
          ...(floor ? [line(`\`${name}\`, floor`, floor.lambda, medians[`${name} floor`]!)] : []),
        ]),
      ],
      method: `${rounds} new processes each, in turn. Measured from before the bundle is loaded until its first event is handled, including a new connection to Postgres, a message to SQS where the function sends one, and the whole start of the decoder's process. \`completeUpload\` reads a PNG of 500 KB from a store over TLS, compares its SHA-256, checks it and stores it without metadata, with a smaller copy and a placeholder; \`uploadPortraits\` does so with the base64 of one portrait. Keepsake's are the bundles that SST deploys, with their encrypted links in a file next to them; the plain ones are what SST builds from the plain code, minified ESM, with settings in environment variables. Both look up the service key of the request in Postgres.`,
      reason: `${["createWorld", "telegramRehost"].map(floorOfRequest).join(" ")} Any design loads Node's network code and the driver, connects and sends these statements; the floor checks and logs nothing.

A picture is decoded in a process of its own, which can be ended. The least that such a process does is to start Node, load sharp and make the smaller copy of the same picture: ${decoding.toFixed(1)} ms. The least function beside it connects to Postgres and has no S3 client, as \`presignUpload\`: ${withoutS3.toFixed(1)} ms. Both were measured in the same turns. Together they are ${ofPlain("completeUpload")} × plain for \`completeUpload\` and ${ofPlain("uploadPortraits")} × plain for \`uploadPortraits\`, before anything is checked, hashed or sent: no design that decodes by sharp in a process of its own takes less.`,
    };

    function floorOfRequest(name: string) {
      const floor = cpu(name, "floor") / cpu(name, "plain");
      return `The floor of \`${name}\`, which only runs its statements on a new connection${name === "telegramRehost" ? " and sends its message" : ""}, takes ${floor.toFixed(2)} × plain.`;
    }
  },
};

async function contenders(environment: Environment) {
  const keepsake = await environment.createDatabase("keepsake");
  const plain = await environment.createDatabase("plain");
  const queueUrl = await createQueue(environment, `cold-${randomUUID()}`);
  const png = await noisePng(500_000);
  const { store, storeUrl } = environment;
  await store.call("configure", {});
  await store.call("putEverywhere", { bucket: "incoming", base64: png.toString("base64") });

  const secret = "a-secret-of-some-length";
  const bucket = { endpoint: storeUrl, accessKeyId: "r2", secretAccessKey: "r2" };
  const publicUrl = "https://images.example.com";
  const links = {
    Database: { url: keepsake.url },
    PortraitQueue: { url: queueUrl },
    RehostQueue: { url: queueUrl },
    Limits: { ownerBytes: 0 },
    TelegramWebhook: { secret },
    Images: { ...bucket, bucket: "images", publicUrl, copiesFrom: "" },
    Incoming: { ...bucket, bucket: "incoming" },
  };
  const settings = {
    DATABASE_URL: plain.url,
    QUEUE_URL: queueUrl,
    WEBHOOK_SECRET: secret,
    R2_ENDPOINT: storeUrl,
    R2_ACCESS_KEY_ID: "r2",
    R2_SECRET_ACCESS_KEY: "r2",
    R2_BUCKET: "images",
    R2_INCOMING: "incoming",
    PUBLIC_URL: publicUrl,
  };
  const completion = async (insert: (sub: string) => Promise<string>) => {
    const sub = randomUUID();
    return apiEvent("completeUpload", { sub, path: { upload_id: await insert(sub) } });
  };
  const same = (event: () => object) => ({ keepsake: event, plain: event });
  const events: Record<Name, Record<"keepsake" | "plain", () => object | Promise<object>>> = {
    presignUpload: same(() => apiEvent("presignUpload", { body: declaredFile })),
    createWorld: same(() => apiEvent("createWorld", { body: world })),
    telegramRehost: same(() =>
      apiEvent("telegramRehost", {
        body: photoUpdate(),
        headers: { "x-telegram-bot-api-secret-token": secret },
      }),
    ),
    completeUpload: {
      keepsake: () => completion((sub) => insertUpload(keepsake, sub, png)),
      plain: () => completion((sub) => insertPlainUpload(plain, sub, png)),
    },
    uploadPortraits: {
      keepsake: async () => sqsEvent([...(await insertPending(keepsake, 1, png))]),
      plain: async () => sqsEvent([...(await insertPlainPending(plain, 1, png))]),
    },
  };
  const floorOf = async (name: Name) => ({
    lambda: await environment.plainFunction(name, settings, "floor"),
    event: events[name].plain,
  });
  const functions = await Promise.all(
    (Object.keys(events) as Name[]).map(async (name) => ({
      name,
      ...((name === "createWorld" || name === "telegramRehost") && { floor: await floorOf(name) }),
      keepsake: { lambda: environment.keepsakeFunction(name, links), event: events[name].keepsake },
      plain: {
        lambda: await environment.plainFunction(name, settings),
        event: events[name].plain,
      },
    })),
  );
  const { lambda } = functions.find(({ name }) => name === "uploadPortraits")!.plain;
  const file = fileURLToPath(new URL("../processes/decodeOnceFunction.mjs", import.meta.url));
  const event = { base64: png.toString("base64") };
  return { functions, decodeOnce: { lambda: { ...lambda, file }, event } };
}

const world = {
  theme: "norse",
  pieces: [
    { type: "character", name: "Mira", description: "", details: { traits: ["Fearless"] } },
    { type: "relic", name: "A bell", description: "", details: {} },
  ],
};

const line = (name: string, { bytes }: DeployedFunction, sample: Sample) => [
  name,
  bytes / 1_000,
  sample.cpu!,
  sample.inChildren!,
  sample.wall!,
  sample.load!,
  sample.cpuWithNode!,
];
