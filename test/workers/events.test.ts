import { describe, expect, vi } from "vitest";
import { png } from "../support/images.ts";
import { recordLog } from "../support/logLines.ts";
import { character, pendingPiece } from "../support/pieceDrafts.ts";
import { type Owner, sweep, type TestStack } from "../support/stack.ts";
import { test } from "../support/stackWithReceiver.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";

async function upload({ client }: Owner, options: { visibility?: "private"; file?: Buffer } = {}) {
  const file = options.file ?? (await png(340));
  const { visibility } = options;
  const ticket = await client.presignUpload({
    ...uploadRequest(file),
    ...(visibility && { visibility }),
  });
  await putTo(ticket, file);
  return { ...ticket, complete: () => client.completeUpload(ticket) };
}

test("an image whose event cannot be queued is published, and the log says why without the row", async ({
  stack,
  owner,
}) => {
  const pending = await upload(owner);
  await stack.sql`alter table events rename column requeues to elsewhere`;
  const log = recordLog();
  try {
    expect(await pending.complete()).toMatchObject({ image: { status: "published" } });
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await stack.sql`alter table events rename column elsewhere to requeues`;
  }
  expect(log.lines()).toContainEqual({
    ...{ level: "WARN", timestamp: expect.any(String), service: "keepsake" },
    ...{ message: expect.stringContaining("events were not queued"), ids: [pending.upload_id] },
    request_id: expect.any(String),
    error: expect.objectContaining({ name: "PostgresError", message: expect.any(String) }),
  });
});

describe("the receiver gets an event", () => {
  test("of an upload that is published, with the image as the API answers it", async ({
    receiver,
    owner,
  }) => {
    const { image } = await (await upload(owner)).complete();
    const [first] = await receiver.until(owner.sub, 1);
    expect(first!.event).toEqual({
      type: "image.published",
      timestamp: expect.any(String),
      data: { owner: owner.sub, image },
    });
    expect(image.variants).toHaveLength(1);
    expect(Math.abs(Date.parse(first!.event.timestamp) - Date.now())).toBeLessThan(60_000);
    expect(first!.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "Keepsake",
    });
  });

  test("of an image in a request, with the image as it was answered", async ({
    receiver,
    owner,
  }) => {
    const image_base64 = (await png(64)).toString("base64");
    const { image } = await owner.client.createImage({ image_base64 });
    const [first] = await receiver.until(owner.sub, 1);
    expect(first!.event).toMatchObject({ type: "image.published", data: { image } });
  });

  test("of a private image without a URL of it", async ({ receiver, owner }) => {
    const { image } = await (await upload(owner, { visibility: "private" })).complete();
    expect(image.url).not.toBeNull();
    const [first] = await receiver.until(owner.sub, 1);
    expect(first!.event.data).toEqual({
      owner: owner.sub,
      image: { ...image, url: null, variants: [] },
    });
  });

  test("of an upload that is no image", async ({ receiver, owner }) => {
    const file = Buffer.from("GIF89a and then nothing that is one");
    const ticket = await upload(owner, { file });
    await expect(ticket.complete()).rejects.toThrow();
    const [first] = await receiver.until(owner.sub, 1);
    expect(first!.event).toMatchObject({
      type: "image.rejected",
      data: { image: { image_id: ticket.upload_id, status: "rejected", url: null } },
    });
  });

  test("of a portrait that is published, with the piece as its world has it", async ({
    receiver,
    owner,
  }) => {
    const { world_id, piece_id } = await pendingPiece(owner);
    const [first] = await receiver.until(owner.sub, 1);
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]!.portrait_status).toBe("published");
    expect(first!.event).toMatchObject({
      type: "portrait.published",
      data: { owner: owner.sub, world_id, piece: world.pieces[0] },
    });
    expect(JSON.stringify(first)).not.toContain("base64");

    await owner.client.replacePortrait({
      world_id,
      piece_id,
      image_portrait_base64: (await png(64, "#2f7a4b")).toString("base64"),
    });
    await receiver.until(owner.sub, 2); // a new version is a new change
    expect(receiver.typesOf(owner.sub)).toEqual(["portrait.published", "portrait.published"]);
  });

  test("of a portrait that is no image, without its base64", async ({ receiver, owner }) => {
    const damaged = (await png(64)).subarray(0, 120);
    await owner.client.createWorld({
      theme: "norse",
      pieces: [await character("Mira", damaged)],
    });
    const [first] = await receiver.until(owner.sub, 1);
    expect(first!.event).toMatchObject({
      type: "portrait.rejected",
      data: { piece: { portrait_status: "rejected", portrait_error: expect.any(String) } },
    });
    expect(JSON.stringify(first)).not.toContain(damaged.toString("base64").slice(0, 40));
  });

  test("when an erasure is done, with its receipt", async ({ stack, receiver, owner }) => {
    const { image } = await (await upload(owner)).complete();
    const { erasure } = await owner.client.deleteImage(image);
    await passErasure(stack);
    await receiver.until(owner.sub, 2);
    const receipt = await owner.client.getErasure(erasure);
    expect(receipt.erasure.done_at).not.toBeNull();
    expect(receiver.ofOwner(owner.sub)[1]!.event).toMatchObject({
      type: "erasure.done",
      data: { owner: owner.sub, ...receipt },
    });
  });

  test("of what the sweep gives up on, and of what is published after that as another change", async ({
    stack,
    receiver,
    owner,
  }) => {
    const ticket = await upload(owner);
    await stack.sql`
      update images set status = 'failed', error = 'R2 was down' where image_id = ${ticket.upload_id}
    `;
    await sweep(stack);
    await receiver.until(owner.sub, 1);
    await stack.sql`update images set status = 'pending' where image_id = ${ticket.upload_id}`;
    await ticket.complete();
    const both = await receiver.until(owner.sub, 2);
    expect(both.map(({ event }) => event.type)).toEqual(["image.failed", "image.published"]);
    expect(new Set(both.map(({ id }) => id)).size).toBe(2);
  });
});

describe("the receiver gets no event", () => {
  test("of a shown portrait when a pending one is deleted with its image", async ({
    stack,
    receiver,
    owner,
  }) => {
    const { world_id, piece_id } = await pendingPiece(owner);
    const { image } = await (await upload(owner)).complete();
    await receiver.until(owner.sub, 2);
    // as `replacePortrait` leaves it, before its message is delivered
    await stack.sql`
      update lore_pieces
      set portrait_status = 'pending', portrait_version = 2, portrait_image_id = ${image.image_id},
          attempts = 20
      where piece_id = ${piece_id}
    `;
    await owner.client.deleteImage({ image_id: image.image_id, force: true });
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]!.portrait_status).toBe("published");
    expect(await count(stack, owner)).toBe(2);
  });

  test("of erasures that no caller started", async ({ stack, receiver, owner }) => {
    const { world_id, piece_id } = await pendingPiece(owner);
    await receiver.until(owner.sub, 1);
    await owner.client.replacePortrait({
      world_id,
      piece_id,
      image_portrait_base64: (await png(64, "#2f7a4b")).toString("base64"),
    });
    await receiver.until(owner.sub, 2);
    await passErasure(stack);
    expect(await count(stack, owner)).toBe(2);
  });

  test("of a change that was rolled back", async ({ stack, owner }) => {
    const { upload_id } = await upload(owner);
    const rollback = stack.sql.begin(async (tx) => {
      await tx`update images set status = 'failed' where image_id = ${upload_id}`;
      throw new Error("rolled back");
    });
    await expect(rollback).rejects.toThrow("rolled back");
    expect(await count(stack, owner)).toBe(0);
  });
});

test("an upload is completed while the receiver answers nothing", async ({ receiver, owner }) => {
  receiver.answer = () => {};
  const ticket = await upload(owner);
  const started = performance.now();
  expect((await ticket.complete()).image.status).toBe("published");
  await receiver.until(owner.sub, 1);
  expect(performance.now() - started).toBeLessThan(10_000); // the request to the receiver ends after 15 s
});

test("the event of an image that was sent to the bot names the linked owner, and none without a link", async ({
  stack,
  receiver,
  owner,
}) => {
  const id = Date.now();
  await insertPublished(stack, `telegram:${id}`);
  await sweep(stack);
  await expect.poll(() => receiver.ofOwner(null).length).toBe(1);
  await stack.sql`
    insert into telegram_accounts (telegram_user_id, owner_id) values (${id}, ${`user:${owner.sub}`})
  `;
  await insertPublished(stack, `telegram:${id}`);
  await sweep(stack);
  await receiver.until(owner.sub, 1);
});

test("DELETE /me deletes an owner's events, but not those of erasures", async ({
  stack,
  receiver,
  owner,
}) => {
  receiver.answer = (_, response) => response.writeHead(500).end();
  const { image } = await (await upload(owner)).complete();
  await pendingPiece(owner);
  await expect.poll(() => receiver.ofOwner(owner.sub).length).toBe(2);
  await owner.client.deleteImage(image);
  await passErasure(stack);
  expect(await count(stack, owner)).toBe(3);
  await owner.client.eraseOwner();
  const left = await stack.sql`select type from events where owner_id = ${`user:${owner.sub}`}`;
  expect(left.map(({ type }) => type)).toEqual(["erasure.done"]);
});

async function insertPublished(stack: TestStack, owner_id: string) {
  await stack.sql`
    insert into images (image_id, owner_id, platform, source, status, url, key, sha256)
    values (gen_random_uuid(), ${owner_id}, 'telegram', '{}', 'published', ${`${stack.cdn}/images/a.png`},
            'images/a.png', 'ab')
  `;
}

/** Lets everything that is to be erased be erased and purged for good. */
async function passErasure(stack: TestStack) {
  for (let round = 0; round < 3; round += 1) {
    await stack.sql`update erasure_objects set erase_after = now(), final_after = now() where erased_at is null`;
    await stack.sql`update erasure_objects set purge_after = now() where purge_next is not null`;
    await sweep(stack);
  }
}

async function count(stack: TestStack, { sub }: Owner) {
  const [row] = await stack.sql<[{ count: number }]>`
    select count(*)::integer as count from events where owner_id = ${`user:${sub}`}
  `;
  return row.count;
}
