import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { QueueName } from "@keepsake/contract/queues";
import { drop, list, listFailed, redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { deliverQueued } from "../faults/support/passTime.ts";
import { datasetToExport } from "../support/exports/datasetToExport.ts";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { deliver, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";

describe("dead letters", () => {
  test("are listed with their rows and sent back to be retried", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { piece_id } = world.pieces[0]!;
    await stack.sql`
      update lore_pieces set portrait_status = 'failed', portrait_error = 'Gave up', attempts = 20
      where piece_id = ${piece_id}
    `;
    await sendDeadLetter(stack, JSON.stringify({ piece_id, version: 1 }));
    await sendDeadLetter(stack, "poison");

    const letters = await list();
    expect(letters).toHaveLength(2);
    expect(letters.find(({ row }) => row)).toMatchObject({
      queue: "PortraitQueue",
      row: { id: piece_id, status: "failed", error: "Gave up" },
    });
    expect(letters.find(({ row }) => !row)?.body).toBe("poison");

    expect(await redrive()).toEqual({ sent: 1, kept: 1, reset: 1 });

    expect((await client.getWorld(world)).world.pieces[0]!.portrait_status).toBe("pending");
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    expect((await client.getWorld(world)).world.pieces[0]!.portrait_status).toBe("published");
    expect(await drop("no-such-id")).toBe(0);
    expect(await drop("all")).toBe(1);
    expect(await list()).toEqual([]);
  });
});

describe("a dead letter of an upload", () => {
  test("is listed with its row, and published once it is sent back", async ({ stack, owner }) => {
    const bytes = await png(64, "#d1d2d3");
    const { client } = owner;
    const ticket = await client.presignUpload(uploadRequest(bytes));
    const { upload_id } = ticket;
    await putTo(ticket, bytes);
    await sendDeadLetter(stack, JSON.stringify({ upload_id }), "UploadQueue");
    expect(await list()).toMatchObject([
      { queue: "UploadQueue", row: { id: upload_id, status: "pending" } },
    ]);
    expect(await redrive()).toMatchObject({ sent: 1, kept: 0 });
    expect(await list()).toEqual([]);
    await deliverQueued(stack);
    expect((await client.listImages()).images).toMatchObject([{ image_id: upload_id }]);
  });

  test("keeps the id of the request that queued it when it is sent back", async ({
    stack,
    owner: { client },
  }) => {
    const { upload_id } = await client.presignUpload(uploadRequest(await png(64, "#d1d2d4")));
    const MessageBody = JSON.stringify({ upload_id });
    const request_id = { DataType: "String", StringValue: "id of the request" };
    const letter = { MessageBody, MessageAttributes: { request_id } };
    const QueueUrl = stack.deadLetterUrls.UploadQueue;
    await stack.sqs.send(new SendMessageCommand({ QueueUrl, ...letter }));

    expect(await redrive()).toMatchObject({ sent: 1 });

    const { Messages } = await stack.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: stack.queueUrls.UploadQueue,
        MessageAttributeNames: ["All"],
        WaitTimeSeconds: 2,
      }),
    );
    expect(Messages).toMatchObject([{ Body: MessageBody, MessageAttributes: { request_id } }]);
  });
});

describe("a dead letter of an export", () => {
  test("is listed with its export, whose zip is written once it is sent back", async ({
    stack,
    owner: { client },
  }) => {
    const { dataset_id } = await datasetToExport(client);
    const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    await sendDeadLetter(stack, JSON.stringify({ export_id, file_index: 0 }), "ExportQueue");
    expect(await list()).toMatchObject([
      { queue: "ExportQueue", row: { id: export_id, status: "pending", attempts: 0 } },
    ]);
    expect(await redrive()).toMatchObject({ sent: 1, kept: 0 });
    await deliverQueued(stack);
    expect((await client.getExport({ export_id })).export.status).toBe("ready");
  });
});

describe("failed rows", () => {
  test("are counted, and the first 20 are listed with their reasons, without a dead letter", async ({
    stack,
    owner: { client },
  }) => {
    const pieces = await Promise.all(Array.from({ length: 19 }, () => character()));
    const { world } = await client.createWorld({ theme: "norse", pieces: [...pieces, faction] });
    await stack.sql`
      update lore_pieces set portrait_status = 'failed', portrait_error = 'Gave up: R2 was down'
      where world_id = ${world.world_id} and type = 'character'
    `;
    const images = [1, 2, 3].map((file) => ({
      image_id: uuidv7(),
      owner_id: "telegram:1",
      platform: "telegram",
      platform_ref: String(file),
      source: {},
      status: "failed",
      error: "Gave up: Telegram was down",
    }));
    await stack.sql`insert into images ${stack.sql(images)}`;

    const failed = await listFailed();

    expect(failed).toMatchObject({ portraits: 19, images: 3, events: 0 });
    expect(failed.first.map(({ id }) => id)).toEqual([
      ...world.pieces.slice(0, 19).map(({ piece_id }) => piece_id),
      images[0]!.image_id,
    ]);
    expect(new Set(failed.first.map(({ error }) => error))).toEqual(
      new Set(["Gave up: R2 was down", "Gave up: Telegram was down"]),
    );
    const lines = await commandOutput(["list"]);
    expect(lines.slice(0, 2)).toEqual([
      "There are no dead letters",
      "19 portraits, 3 images and 0 events have failed; npm run dlq -- redrive makes them pending again",
    ]);
    expect(lines[2]).toBe(`portrait  ${failed.first[0]!.id}  Gave up: R2 was down`);
    expect(lines.at(-1)).toBe("and 2 more");

    expect(await redrive()).toMatchObject({ reset: 22 });
    expect(await sweep(stack)).toMatchObject({ requeued: 19 });
    expect(await listFailed()).toEqual({ portraits: 0, images: 0, events: 0, first: [] });
  });
});

async function sendDeadLetter(
  { sqs, deadLetterUrls }: TestStack,
  MessageBody: string,
  queue: QueueName = "PortraitQueue",
) {
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrls[queue], MessageBody }));
}

/** The lines that `npm run dlq` prints, run as a process with the links of this stack. */
async function commandOutput(args: string[]): Promise<string[]> {
  const bin = fileURLToPath(new URL("../../packages/ops/bin.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "dlq", "linked", ...args]);
  return stdout.trimEnd().split("\n");
}
