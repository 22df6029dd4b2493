import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { unaltered } from "../support/alteringProxy.ts";
import { type FaultyTelegram, faultyTelegram } from "../support/faultyTelegram.ts";
import { png } from "../support/images.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, newOwner, request, type TestStack } from "../support/stack.ts";
import { stackWithAlteredR2 } from "../support/stackWithAlteredR2.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";

let stack: TestStack;
let telegram: FaultyTelegram;
let r2: Awaited<ReturnType<typeof stackWithAlteredR2>>["r2"];

beforeAll(async () => {
  telegram = await faultyTelegram({ port: 0, botToken: "6060:batches", botName: "keepsake_bot" });
  ({ stack, r2 } = await stackWithAlteredR2({ telegram }));
});
afterEach(() => {
  r2.alter = unaltered;
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
  await r2.stop();
});

type Row = { id: string; status: string; attempts: number };

/** Pending work of a queue, and its rows. */
const kinds = {
  portraits: {
    queue: "PortraitQueue" as const,
    create: async () => (await pendingPiece(newOwner(stack))).piece_id,
    message: (piece_id: string): object => ({ piece_id, version: 1 }),
    setAttempts: (id: string, attempts: number) =>
      stack.sql`update lore_pieces set attempts = ${attempts} where piece_id = ${id}`,
    rows: (ids: string[]) => stack.sql<Row[]>`
      select piece_id as id, portrait_status as status, attempts from lore_pieces
      where piece_id in ${stack.sql(ids)}
    `,
  },
  images: {
    queue: "RehostQueue" as const,
    create: receivePicture,
    message: (image_id: string): object => ({ image_id }),
    setAttempts: (id: string, attempts: number) =>
      stack.sql`update images set attempts = ${attempts} where image_id = ${id}`,
    rows: (ids: string[]) => stack.sql<Row[]>`
      select image_id as id, status, attempts from images where image_id in ${stack.sql(ids)}
    `,
  },
  uploads: {
    queue: "UploadQueue" as const,
    create: receiveUpload,
    message: (upload_id: string): object => ({ upload_id }),
    setAttempts: (id: string, attempts: number) =>
      stack.sql`update images set attempts = ${attempts} where image_id = ${id}`,
    rows: (ids: string[]) => stack.sql<Row[]>`
      select image_id as id, status, attempts from images where image_id in ${stack.sql(ids)}
    `,
  },
};

/** An upload whose file has arrived. Resolves to its id. */
async function receiveUpload(): Promise<string> {
  const bytes = await png(64);
  const ticket = await newOwner(stack).client.presignUpload(uploadRequest(bytes));
  await putTo(ticket, bytes);
  return ticket.upload_id;
}

describe.each(["portraits", "images", "uploads"] as const)("a batch of %s", (name) => {
  const kind = kinds[name];

  test("saves all others before it takes one that was received before, so that none is lost with it", async () => {
    const [tried, ...others] = [await kind.create(), await kind.create(), await kind.create()];
    await kind.setAttempts(tried, 1);
    const store = holdFirstWrite([tried]);

    const delivered = deliver(stack, kind.queue, [tried, ...others].map(kind.message));
    await store.reached;
    const saved = await kind.rows(others);
    store.release();

    expect(saved.map(({ status }) => status)).toEqual(["published", "published"]);
    expect(await delivered).toEqual([]);
    expect(await kind.rows([tried])).toMatchObject([{ status: "published", attempts: 2 }]);
  });

  test("takes those that were received before one at a time, and counts no attempt that was not made", async () => {
    const [often, seldom] = [await kind.create(), await kind.create()];
    await kind.setAttempts(often, 3);
    await kind.setAttempts(seldom, 1);
    const store = holdFirstWrite([often, seldom]);

    const delivered = deliver(stack, kind.queue, [often, seldom].map(kind.message));
    const taken = await store.reached;
    const [waiting] = await kind.rows([often]);
    store.release();

    expect(taken).toBe(seldom);
    expect(waiting).toMatchObject({ status: "pending", attempts: 3 });
    expect(await delivered).toEqual([]);
    expect(await kind.rows([often])).toMatchObject([{ status: "published", attempts: 4 }]);
  });

  test("delivers one again that was received before and fails again, and finishes the others", async () => {
    const [tried, other] = [await kind.create(), await kind.create()];
    await kind.setAttempts(tried, 1);
    r2.alter = ({ method, path }, response) =>
      method === "PUT" && path.includes(tried)
        ? { ...response, status: 403, body: Buffer.alloc(0) }
        : response;

    const failed = await deliver(stack, kind.queue, [tried, other].map(kind.message));

    const [row] = await kind.rows([tried]);
    expect(row).toMatchObject({ status: "pending", attempts: 2 });
    expect(await kind.rows([other])).toMatchObject([{ status: "published", attempts: 1 }]);
    expect(failed).toEqual([0]);
  });
});

/** Holds the first write of an object of one of the rows, and resolves to the id of that row. */
function holdFirstWrite(ids: string[]) {
  const held = Promise.withResolvers<string>();
  const released = Promise.withResolvers<void>();
  r2.alter = async ({ method, path }, response) => {
    const id = ids.find((each) => path.includes(each));
    if (method === "PUT" && id) {
      held.resolve(id);
      await released.promise;
    }
    return response;
  };
  return { reached: held.promise, release: released.resolve };
}

let lastUser = 60_000;

/** Sends a picture to the bot as a new user. Resolves to the id of its image. */
async function receivePicture(): Promise<string> {
  lastUser += 1;
  const from = { id: lastUser, first_name: "Mira" };
  telegram.phone(from);
  const { file_path: _, ...file } = telegram.addFile(await png(64));
  const document = { ...file, file_name: "map.png", mime_type: "image/png" };
  const message = {
    message_id: 1,
    date: 1,
    from,
    chat: { id: from.id, type: "private" },
    document,
  };
  const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };
  const body = { update_id: 1, message };
  expect((await request(stack, "POST", "/telegram/webhook", { body, headers })).status).toBe(200);
  const [image] = await stack.sql<{ image_id: string }[]>`
    select image_id from images where owner_id = ${`telegram:${from.id}`}
  `;
  return image!.image_id;
}
