import * as fs from "node:fs";
import path from "node:path";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { counted } from "@keepsake/ops/costs/measuredWork";
import { expect, test } from "vitest";
import { loadedBy } from "../structure/importGraph.ts";
import { describeStages } from "./support/stages.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** The permissions on a queue of a sender and of its consumer. */
const send = ["sqs:SendMessage"];
const consume = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ReceiveMessage",
];
const sends = (...names: QueueName[]) => names.flatMap((name) => send.map((a) => `${a} ${name}`));
const consumes = (name: QueueName) => consume.map((action) => `${action} ${name}`);

/** The links of each function and its permissions in AWS, complete. */
const privileges: Record<string, { links: string[]; actions: string[] }> = {
  generateCharacters: { links: ["Ai", "AiPortraits", "Auth", "Database", "Images"], actions: [] },
  streamCharacters: { links: ["Ai", "AiPortraits", "Auth", "Database", "Images"], actions: [] },
  createWorld: {
    links: ["Auth", "Database", "Limits", "PortraitQueue"],
    actions: sends("PortraitQueue"),
  },
  addPieces: {
    links: ["Auth", "Database", "Limits", "PortraitQueue"],
    actions: sends("PortraitQueue"),
  },
  listWorlds: { links: ["Auth", "Database"], actions: [] },
  getWorld: { links: ["Auth", "Database"], actions: [] },
  updateWorld: { links: ["Auth", "Database"], actions: [] },
  replacePortrait: {
    links: ["Auth", "Database", "Limits", "PortraitQueue"],
    actions: sends("PortraitQueue"),
  },
  updatePiece: { links: ["Auth", "Database"], actions: [] },
  deletePiece: { links: ["Auth", "Database"], actions: [] },
  listPortraits: { links: ["Auth", "Database"], actions: [] },
  restorePortrait: { links: ["Auth", "Database"], actions: [] },
  publishWorldPage: { links: ["Auth", "Database"], actions: [] },
  unpublishWorldPage: { links: ["Auth", "Database"], actions: [] },
  deleteWorld: { links: ["Auth", "Database"], actions: [] },
  presignUpload: {
    links: ["Auth", "Database", "IncomingWeb", "Limits", "PrivateWeb"],
    actions: [],
  },
  completeUpload: {
    links: ["Auth", "Database", "EventQueue", "Images", "Incoming", "Private", "PrivateWeb"],
    actions: sends("EventQueue"),
  },
  createImage: {
    links: ["Auth", "Database", "EventQueue", "Images", "Limits", "Private", "PrivateWeb"],
    actions: sends("EventQueue"),
  },
  cancelUpload: { links: ["Auth", "Database"], actions: [] },
  completeQueuedUploads: {
    links: ["Database", "EventQueue", "Images", "Incoming", "Private"],
    actions: [...sends("EventQueue"), ...consumes("UploadQueue")],
  },
  createDataset: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  listDatasets: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  getDataset: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  updateDataset: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  deleteDataset: { links: ["Auth", "Database"], actions: [] },
  listDatasetItems: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  putDatasetItems: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  deleteDatasetItem: { links: ["Auth", "Database"], actions: [] },
  importCaptions: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  createExport: {
    links: ["Auth", "Database", "ExportQueue", "PrivateWeb"],
    actions: sends("ExportQueue"),
  },
  exportOwner: {
    links: ["Auth", "Database", "ExportQueue", "PrivateWeb"],
    actions: sends("ExportQueue"),
  },
  listOwnerExports: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  listExports: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  getExport: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  deleteExport: { links: ["Auth", "Database"], actions: [] },
  exportDataset: {
    links: ["Database", "EventQueue", "ExportQueue", "Images", "Private"],
    actions: [...sends("EventQueue", "ExportQueue"), ...consumes("ExportQueue")],
  },
  listImages: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  getImage: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  updateImage: { links: ["Auth", "Database", "PrivateWeb"], actions: [] },
  deleteImage: { links: ["Auth", "Database"], actions: [] },
  rehostImage: {
    links: [
      ...["Auth", "Database", "Discord", "Images", "Limits", "Private", "PrivateWeb"],
      ...["RehostHosts", "RehostQueue"],
      "EventQueue",
    ].sort(),
    actions: sends("EventQueue", "RehostQueue"),
  },
  listRehostHosts: { links: ["Auth", "Database", "RehostHosts"], actions: [] },
  telegramRehost: {
    links: ["Database", "Limits", "RehostQueue", "Telegram", "TelegramWebhook"],
    actions: sends("RehostQueue"),
  },
  linkTelegram: { links: ["Auth", "Database", "TelegramBot"], actions: [] },
  listTelegramAccounts: { links: ["Auth", "Database"], actions: [] },
  unlinkTelegram: { links: ["Auth", "Database"], actions: [] },
  rehostImages: {
    links: ["Database", "Discord", "EventQueue", "Images", "Private", "RehostHosts", "Telegram"],
    actions: [...sends("EventQueue"), ...consumes("RehostQueue")],
  },
  createToken: { links: ["Auth", "Database"], actions: [] },
  getOwner: { links: ["Auth", "Database", "Limits"], actions: [] },
  eraseOwner: { links: ["Auth", "Database"], actions: [] },
  listErasures: { links: ["Auth", "Database"], actions: [] },
  getErasure: { links: ["Auth", "Database"], actions: [] },
  openapi: { links: [], actions: [] },
  docs: { links: [], actions: [] },
  worldPage: { links: ["Database"], actions: [] },
  health: { links: ["Database"], actions: [] },
  notFound: { links: [], actions: [] },
  uploadPortraits: {
    links: ["Database", "EventQueue", "Images"],
    actions: [...sends("EventQueue"), ...consumes("PortraitQueue")],
  },
  deliverEvents: { links: ["Database", "Webhook"], actions: consumes("EventQueue") },
  sweep: {
    links: [
      "Cdn",
      "Database",
      "EventQueue",
      "ExportQueue",
      "Images",
      "Incoming",
      "PortraitQueue",
      "Private",
      "RehostQueue",
      "UploadQueue",
    ],
    actions: sends("EventQueue", "ExportQueue", "PortraitQueue", "RehostQueue", "UploadQueue"),
  },
};

describeStages((stage) => {
  test.each(Object.entries(counted.memoryMb))(
    "%s has the memory that docs/costs.md counts with",
    (name, megabytes) => {
      expect(stage.plan.functions[name]?.lambda.memorySize).toBe(megabytes);
    },
  );

  test("every file in functions/ is deployed", () => {
    const files = fs
      .readdirSync(path.join(root, "functions"))
      .filter((file) => file.endsWith(".ts"));
    const deployed = Object.values(stage.plan.functions).map(({ handler }) => handler);
    expect(deployed.sort()).toEqual(
      files.map((file) => `functions/${file.replace(".ts", ".handler")}`).sort(),
    );
  });

  test("every function holds only the links that it uses", () => {
    const actual = Object.entries(stage.plan.functions).map(([name, { links }]) => [name, links]);
    const expected = Object.entries(privileges).map(([name, { links }]) => [name, links]);
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
  });

  test("every function that decodes images has the decoder's program and sharp beside it, docs the viewer, and no other has anything", () => {
    for (const [name, { install, copies }] of Object.entries(stage.plan.functions)) {
      const decodes = loadedBy(`functions/${name}.ts`, ["static", "dynamic"]).files.has(
        "functions/services/decoder.ts",
      );
      expect([name, install, copies]).toEqual([
        name,
        decodes ? ["sharp"] : [],
        decodes
          ? [{ from: path.join(root, "packages/adapters/decoder/child"), to: "decoder" }]
          : name === "docs"
            ? [{ from: path.join(root, "functions/reference/viewer"), to: "viewer" }]
            : [],
      ]);
    }
  });

  test("in AWS a function may only send to its queues or consume one", () => {
    const queueName = (arn: string) =>
      Object.keys(queues).find((name) => {
        const { inputs } = stage.plan.one<{ name: string }>("aws:sqs/queue:Queue", `${name}Queue`);
        return arn.endsWith(`:${inputs.name}`);
      });
    for (const [name, { statements }] of Object.entries(stage.plan.functions)) {
      // sst dev itself needs AppSync and S3 to reach the developer's machine
      const own = statements.filter(({ actions }) => !/^(appsync|s3):/.test(String(actions)));
      const allowed = own.flatMap(({ actions, resources }) =>
        actions.flatMap((action) => resources.map((arn) => `${action} ${queueName(arn)}`)),
      );
      expect([name, allowed.sort()]).toEqual([name, privileges[name]?.actions.sort()]);
      expect(statements.length - own.length).toBe(stage.runsLocally ? 2 : 0);
    }
  });

  test("functions run on Node 24 and arm64 and keep JSON logs for a month", () => {
    for (const [name, { lambda, runsLocally }] of Object.entries(stage.plan.functions)) {
      expect(runsLocally).toBe(stage.runsLocally);
      expect(lambda).toMatchObject({
        name: `keepsake-${stage.name}-${name}`,
        runtime: stage.runsLocally ? "provided.al2023" : "nodejs24.x",
        architectures: [stage.runsLocally ? "x86_64" : "arm64"],
        loggingConfig: { logFormat: "JSON", logGroup: `/aws/lambda/${lambda.name}-00000000` },
      });
    }
    for (const { inputs, ignoreChanges } of stage.plan.all("aws:cloudwatch/logGroup:LogGroup")) {
      expect(inputs.retentionInDays).toBe(30);
      // a deployed stage keeps the names that it has
      if (String(inputs.name).startsWith("/aws/lambda/")) expect(ignoreChanges).toContain("name");
    }
  });
});
