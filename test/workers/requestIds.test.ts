import { randomUUID } from "node:crypto";
import { requestIdHeader } from "@keepsake/contract/routes";
import { invoke } from "@keepsake/local/aws/lambda";
import { describe, expect } from "vitest";
import { twoColourPng } from "../security/hostile/slowImages.ts";
import { killBusyDecoders } from "../support/decoderProcesses.ts";
import { png } from "../support/images.ts";
import { character, pendingPiece } from "../support/pieceDrafts.ts";
import { newOwner, request, type TestStack } from "../support/stack.ts";
import { test, until } from "../support/stackWithPlatforms.ts";
import { insertStale } from "../support/stalePortraits.ts";
import { fileOf } from "../support/uploadRequests.ts";

type Line = { message: string; request_id?: string; [field: string]: unknown };
type Logs = { text: string };

describe("the request id of", () => {
  test("POST /worlds is in the line of the consumer that published the portrait", async ({
    stack,
    logs,
  }) => {
    const body = { theme: "fantasy", pieces: [await character()] };
    const { headers, body: answer } = await request(stack, "POST", "/worlds", { sub: "a", body });
    const request_id = headers.get(requestIdHeader);
    const [{ piece_id }] = answer.world.pieces;

    const line = await outcomeOf(logs, { piece_id });

    expect(line).toMatchObject({ status: "published", version: 1, attempts: 1, request_id });
    const messages = linesOf(logs, request_id!).map(({ message }) => message);
    expect(messages.sort()).toEqual(["batch", "image", "request"]);
  });

  test("POST /rehosts is in the line of the consumer that published the image", async ({
    stack,
    logs,
    discord,
  }) => {
    const bytes = await png(64, "#765432");
    discord.answer = (_, response) => response.end(bytes);

    const { request_id, image_id } = await rehost(stack, discord.origin);

    const line = await outcomeOf(logs, { image_id });
    expect(line).toMatchObject({ status: "published", request_id });
  });

  test("POST /rehosts is in the line that says why the decoder rejected the image", async ({
    stack,
    logs,
    discord,
  }) => {
    const whole = await png(256);
    discord.answer = (_, response) => response.end(whole.subarray(0, whole.length >> 1));

    const { request_id, image_id } = await rehost(stack, discord.origin);

    expect(await outcomeOf(logs, { image_id })).toMatchObject({
      level: "INFO",
      status: "rejected",
      reason: "image.damaged",
      request_id,
      error: { name: "AppError", cause: { name: "Error" } },
    });
  });

  test("POST /uploads/{upload_id}/complete is in the line that says why the image was rejected", async ({
    stack,
    logs,
  }) => {
    const whole = await png(256);
    const damaged = fileOf(whole.subarray(0, whole.length >> 1));
    const failure = await newOwner(stack)
      .client.upload(damaged)
      .catch((error) => error);

    expect(failure).toMatchObject({ code: "image.damaged", requestId: expect.any(String) });
    const lines = linesOf(logs, failure.requestId);
    expect(lines).toMatchObject([
      { message: "image", status: "rejected", reason: "image.damaged" },
      { message: "request", route: "completeUpload", status: 422, code: "image.damaged" },
    ]);
  });

  test("an update of Telegram is in the line of the consumer that published its picture", async ({
    logs,
    sender,
  }) => {
    sender.phone.sendPhoto(await png(64, "#345345"));
    await sender.phone.waitForReply(15_000);
    const { images } = await sender.client.listImages();

    const { request_id, ...line } = await outcomeOf(logs, { image_id: images[0]!.image_id });

    expect(line).toMatchObject({ status: "published" });
    const lines = linesOf(logs, request_id!);
    expect(lines.map(({ message }) => message).sort()).toEqual(["batch", "image", "request"]);
    expect(lines.find(({ message }) => message === "request")).toMatchObject({
      route: "telegramRehost",
    });
  });

  test("the message is in the line of each portrait of a batch, also when the decoder crashes", {
    timeout: 90_000,
    skip: process.platform !== "linux",
  }, async ({ stack, logs }) => {
    const owner = newOwner(stack);
    const pieces = [await pendingPiece(owner), await pendingPiece(owner)];
    for (const { piece_id } of pieces) await outcomeOf(logs, { piece_id });
    await replacePortrait(stack, pieces[0]!.piece_id, twoColourPng(2_560));
    await replacePortrait(stack, pieces[1]!.piece_id, await png());
    const Records = pieces.map(({ piece_id }, index) => ({
      messageId: String(index),
      body: JSON.stringify({ piece_id, version: 2 }),
      messageAttributes: { request_id: { dataType: "String", stringValue: `id ${piece_id}` } },
    }));

    await killBusyDecoders(invoke(stack.functions.consumers.PortraitQueue, { Records }));

    const [crashed, other] = pieces.map(({ piece_id }) => piece_id);
    expect(await outcomeOf(logs, { piece_id: other, version: 2 })).toMatchObject({
      status: "published",
      request_id: `id ${other}`,
    });
    expect(await outcomeOf(logs, { piece_id: crashed, version: 2 })).toMatchObject({
      level: "WARN",
      status: "pending",
      reason: "RetryableError",
      request_id: `id ${crashed}`,
      error: { message: expect.stringContaining("The decoder's process ended") },
    });
  });

  test("a run of the sweep is in the lines about the messages that it queues", async ({
    stack,
    logs,
  }) => {
    await insertStale(stack, 1);
    await invoke(stack.functions.schedules.sweep, {});
    const [piece] = await stack.sql`
      select piece_id from lore_pieces join worlds using (world_id) where owner_id = 'user:many'
    `;

    const { request_id, ...line } = await outcomeOf(logs, { piece_id: piece!.piece_id });

    expect(line).toMatchObject({ status: "rejected", reason: "image.unsupported" });
    const lines = linesOf(logs, request_id!).map(({ message }) => message);
    expect(lines.sort()).toEqual(["batch", "image", "sweep"]);
  });
});

describe("a message of the release before, which has no request id,", () => {
  test("is published, and its line has none", async ({ stack, logs }) => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    await outcomeOf(logs, { piece_id });
    await replacePortrait(stack, piece_id, await png());
    const body = JSON.stringify({ piece_id, version: 2 });
    const Records = [{ messageId: "1", body, messageAttributes: {} }];

    await invoke(stack.functions.consumers.PortraitQueue, { Records });

    const line = await outcomeOf(logs, { piece_id, version: 2 });
    expect(line.status).toBe("published");
    expect(line).not.toHaveProperty("request_id");
  });
});

/** Makes the second version of a portrait pending, without a message. */
async function replacePortrait({ sql }: TestStack, piece_id: string, portrait: Buffer) {
  const image_portrait_base64 = portrait.toString("base64");
  await sql`
    update lore_pieces set portrait_status = 'pending', portrait_version = 2, attempts = 0,
      details = ${sql.json({ image_portrait_base64 })}
    where piece_id = ${piece_id}
  `;
}

/** Requests a new image of the stand-in for Discord, and resolves to the request's id and the image's. */
async function rehost(stack: Parameters<typeof request>[0], origin: string) {
  const url = `${origin}/attachments/77/${BigInt(`0x${randomUUID().slice(0, 8)}`)}/cat.png`;
  const body = { source: { platform: "discord", url } };
  const response = await request(stack, "POST", "/rehosts", { sub: "a", body });
  return {
    request_id: response.headers.get(requestIdHeader),
    image_id: response.body.image.image_id as string,
  };
}

const parsed = ({ text }: Logs) =>
  text.split("\n").flatMap((line): Line[] => (line.startsWith("{") ? [JSON.parse(line)] : []));

/** The lines that name a request, as a search for its id finds them. */
const linesOf = (logs: Logs, request_id: string) =>
  parsed(logs).filter((line) => JSON.stringify(line).includes(request_id));

/** The line that says what became of an image, and the batch's after it. */
async function outcomeOf(logs: Logs, ids: object): Promise<Line> {
  const isAbout = (line: Line) =>
    Object.entries(ids).every(([name, id]) => line.message === "image" && line[name] === id);
  await until(async () => {
    const lines = parsed(logs);
    const found = lines.findIndex(isAbout);
    return found >= 0 && lines.slice(found).some(({ message }) => message === "batch");
  });
  return parsed(logs).find(isAbout)!;
}
