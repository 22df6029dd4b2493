import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { drop, list, redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { describe, expect } from "vitest";
import { character } from "../support/drafts.ts";
import { deliver, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

describe("dead letters", () => {
  test("are listed with their rows and sent back to be retried", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { piece_id } = world.pieces[0]!;
    await stack.sql`
      update lore_pieces set portrait_status = 'failed', portrait_error = 'Gave up', requeues = 3
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

async function sendDeadLetter({ sqs, deadLetterUrls }: TestStack, MessageBody: string) {
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrls.PortraitQueue, MessageBody }));
}
