import { fork } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployed } from "../support/artifacts.ts";
import type { Lab } from "../support/environment.ts";
import { photoUpdate, promisedFile, request } from "../support/events.ts";
import { interleaved, type Sample } from "../support/measure.ts";
import { queue } from "../support/queues.ts";
import type { Row } from "../support/row.ts";

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
  async measure(lab) {
    const functions = await contenders(lab);
    const starts = Object.fromEntries(
      functions.flatMap(({ name, event, ours, plain }) => [
        [`${name} Keepsake`, () => start(lab, ours, event())],
        [`${name} plain`, () => start(lab, plain, event())],
      ]),
    );
    const medians = await interleaved(lab.rounds(20), starts);

    const cpu = (name: string, who: string) => medians[`${name} ${who}`]!.cpu!;
    return {
      goals: [
        ...functions.map(({ name, limit }) => ({
          what: `cold start of \`${name}\`, CPU of init and first call`,
          reached: cpu(name, "Keepsake") / cpu(name, "plain"),
          unit: "× plain",
          atMost: limit,
        })),
        {
          what: "bundle of `presignUpload`",
          reached: functions[0]!.ours.bytes / 1_000,
          unit: "kB",
          atMost: 150,
        },
      ],
      figures: [
        [
          "",
          "bundle, kB",
          "CPU, ms",
          "wall, ms",
          "of it until loaded, ms",
          "CPU with Node's start, ms",
        ],
        ...functions.flatMap(({ name, ours, plain }) => [
          line(`\`${name}\`, Keepsake`, ours, medians[`${name} Keepsake`]!),
          line(`\`${name}\`, plain`, plain, medians[`${name} plain`]!),
        ]),
      ],
      how: "20 fresh processes each, in turns. Counted from before the bundle is loaded until its first event is answered: with a new connection to Postgres, and a message to SQS where there is one. Ours are the bundles that SST deploys, with their links encrypted beside them; plain ones are what SST makes of the plain code, minified ESM, with settings in the environment.",
    };
  },
};

async function contenders(lab: Lab) {
  const [ours, plain] = [await lab.database("keepsake"), await lab.database("plain")];
  const queueUrl = await queue(lab, "cold");
  const secret = "a-secret-of-some-length";
  const links = {
    Database: { url: ours.url },
    PortraitQueue: { url: queueUrl },
    RehostQueue: { url: queueUrl },
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
  const told = { "x-telegram-bot-api-secret-token": secret };
  const events = {
    presignUpload: () => request("presignUpload", { body: promisedFile }),
    createWorld: () => request("createWorld", { body: world }),
    telegramRehost: () => request("telegramRehost", { body: photoUpdate(), headers: told }),
  };
  const limits = { presignUpload: 0.35, createWorld: 0.5, telegramRehost: 0.5 };
  return Promise.all(
    (Object.keys(events) as (keyof typeof events)[]).map(async (name) => ({
      name,
      limit: limits[name],
      event: events[name],
      ours: lab.keepsake(name, links),
      plain: await lab.plain(name, settings),
    })),
  );
}

const line = (name: string, { bytes }: Deployed, sample: Sample) => [
  name,
  bytes / 1_000,
  sample.cpu!,
  sample.wall!,
  sample.load!,
  sample.cpuWithNode!,
];

type Told = { answer: { statusCode: number; body: string }; sample: Sample };

async function start({ directory }: Lab, { file, cwd, env }: Deployed, event: object) {
  const eventFile = join(directory, "event.json");
  await writeFile(eventFile, JSON.stringify(event));
  const script = fileURLToPath(new URL("../processes/coldStart.mjs", import.meta.url));
  const child = fork(script, [file, eventFile], {
    cwd,
    execArgv: [],
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { answer, sample } = await new Promise<Told>((resolve, reject) => {
    child.on("message", (told) => resolve(told as Told));
    child.on("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  if (answer.statusCode >= 300) throw new Error(`${file}: ${answer.statusCode} ${answer.body}`);
  return sample;
}
