import { fork } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createQueue } from "../support/createQueue.ts";
import type { DeployedFunction } from "../support/lambdaBundles.ts";
import { apiEvent, declaredFile, photoUpdate } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import type { Environment } from "../support/startEnvironment.ts";

const world = {
  theme: "norse",
  pieces: [
    { type: "character", name: "Mira", description: "", details: { traits: ["Fearless"] } },
    { type: "relic", name: "A bell", description: "", details: {} },
  ],
};

export const coldStart: Row = {
  name: "coldStart",
  title: "Cold starts",
  async measure(environment) {
    const functions = await contenders(environment);
    const starts = Object.fromEntries(
      functions.flatMap(({ name, event, keepsake, plain }) => [
        [`${name} Keepsake`, () => start(environment, keepsake, event())],
        [`${name} plain`, () => start(environment, plain, event())],
      ]),
    );
    const medians = await interleave(environment.rounds(20), starts);

    const cpu = (name: string, contender: string) => medians[`${name} ${contender}`]!.cpu!;
    return {
      goals: [
        ...functions.map(({ name, limit }) => ({
          what: `cold start of \`${name}\`, CPU of init and first call`,
          actual: cpu(name, "Keepsake") / cpu(name, "plain"),
          unit: "× plain",
          atMost: limit,
        })),
        {
          what: "bundle of `presignUpload`",
          actual: functions[0]!.keepsake.bytes / 1_000,
          unit: "kB",
          atMost: 170, // of which 20 verify who calls, 14 of them jose, which runs for tokens of an issuer only
        },
      ],
      figures: [
        [
          "",
          "bundle, kB",
          "CPU, ms",
          "wall, ms",
          "of which loading, ms",
          "CPU with Node's start, ms",
        ],
        ...functions.flatMap(({ name, keepsake, plain }) => [
          line(`\`${name}\`, Keepsake`, keepsake, medians[`${name} Keepsake`]!),
          line(`\`${name}\`, plain`, plain, medians[`${name} plain`]!),
        ]),
      ],
      method:
        "20 new processes each, in turn. Measured from before the bundle is loaded until its first event is handled, including a new connection to Postgres, and a message to SQS where the function sends one. Keepsake's are the bundles that SST deploys, with their encrypted links in a file next to them; the plain ones are what SST builds from the plain code, minified ESM, with settings in environment variables. Both look up the service key of the request in Postgres.",
    };
  },
};

async function contenders(environment: Environment) {
  const [keepsake, plain] = [
    await environment.createDatabase("keepsake"),
    await environment.createDatabase("plain"),
  ];
  const queueUrl = await createQueue(environment, "cold");
  const secret = "a-secret-of-some-length";
  const links = {
    Database: { url: keepsake.url },
    PortraitQueue: { url: queueUrl },
    RehostQueue: { url: queueUrl },
    Limits: { ownerBytes: 0 },
    TelegramWebhook: { secret },
  };
  const settings = {
    DATABASE_URL: plain.url,
    QUEUE_URL: queueUrl,
    WEBHOOK_SECRET: secret,
    R2_ENDPOINT: "https://account.r2.cloudflarestorage.com",
    R2_ACCESS_KEY_ID: "r2",
    R2_SECRET_ACCESS_KEY: "r2",
    R2_BUCKET: "incoming",
  };
  const webhookHeaders = { "x-telegram-bot-api-secret-token": secret };
  const events = {
    presignUpload: () => apiEvent("presignUpload", { body: declaredFile }),
    createWorld: () => apiEvent("createWorld", { body: world }),
    telegramRehost: () =>
      apiEvent("telegramRehost", { body: photoUpdate(), headers: webhookHeaders }),
  };
  const limits = { presignUpload: 0.35, createWorld: 0.5, telegramRehost: 0.5 };
  return Promise.all(
    (Object.keys(events) as (keyof typeof events)[]).map(async (name) => ({
      name,
      limit: limits[name],
      event: events[name],
      keepsake: environment.keepsakeFunction(name, links),
      plain: await environment.plainFunction(name, settings),
    })),
  );
}

const line = (name: string, { bytes }: DeployedFunction, sample: Sample) => [
  name,
  bytes / 1_000,
  sample.cpu!,
  sample.wall!,
  sample.load!,
  sample.cpuWithNode!,
];

type ColdStart = { response: { statusCode: number; body: string }; sample: Sample };

async function start(
  { directory }: Environment,
  { file, cwd, env }: DeployedFunction,
  event: object,
) {
  const eventFile = join(directory, "event.json");
  await writeFile(eventFile, JSON.stringify(event));
  const script = fileURLToPath(new URL("../processes/coldStart.mjs", import.meta.url));
  const child = fork(script, [file, eventFile], {
    cwd,
    execArgv: [],
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { response, sample } = await new Promise<ColdStart>((resolve, reject) => {
    child.on("message", (message) => resolve(message as ColdStart));
    child.on("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  if (response.statusCode >= 300)
    throw new Error(`${file}: ${response.statusCode} ${response.body}`);
  return sample;
}
