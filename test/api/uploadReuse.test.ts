import { randomBytes } from "node:crypto";
import type { Client } from "@keepsake/client";
import { describe, expect } from "vitest";
import { faultyFetch } from "../support/faultyFetch.ts";
import { png } from "../support/images.ts";
import { request, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";

describe("uploads of the same file", () => {
  test("become separate images, and deleting one keeps the other", async ({ stack, owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#cc3311");
    const first = await client.upload(fileOf(bytes));
    const second = await client.upload(fileOf(bytes, "copy.png"));

    expect(second).toMatchObject({ sha256: first.sha256, filename: "copy.png" });
    expect(second.image_id).not.toBe(first.image_id);
    expect((await client.listImages()).images).toEqual([second, first]);

    await client.deleteImage(first);
    await sweep(stack);
    expect((await fetch(first.url!)).status).toBe(404);
    expect(bytes.equals(await bytesAt(second.url))).toBe(true);
  });

  test("are ten images when ten are sent at once", async ({ owner: { client } }) => {
    const bytes = await png(64, "#ee3311");
    const images = await Promise.all(
      Array.from({ length: 10 }, () => client.upload(fileOf(bytes))),
    );
    expect(new Set(images.map(({ image_id }) => image_id)).size).toBe(10);
    for (const { url } of images) expect(bytes.equals(await bytesAt(url))).toBe(true);
  });
});

describe("an upload with reuse", () => {
  test("of a file that is published already is answered 200 with its image, and reserves nothing", async ({
    stack,
    owner: { client, sub },
  }) => {
    const bytes = await png(64, "#cc3312");
    const image = await client.upload(fileOf(bytes, "first.png"));
    const body = { ...uploadRequest(bytes), filename: "second.png", reuse: true };

    const answers = await Promise.all(
      Array.from({ length: 3 }, () => request(stack, "POST", "/uploads", { sub, body })),
    );

    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { image } });
    const rows = await stack.sql`select image_id from images where owner_id = ${`user:${sub}`}`;
    expect(rows).toHaveLength(1);
  });

  test("of a file that is not stored is a new upload, which is published as usual", async ({
    stack,
    owner: { client, sub },
  }) => {
    const bytes = await png(64, "#cc3313");
    const body = { ...uploadRequest(bytes), reuse: true };
    const { status, body: ticket } = await request(stack, "POST", "/uploads", { sub, body });
    expect(status).toBe(201);
    expect((await putTo(ticket, bytes)).status).toBe(200);
    const { image } = await client.completeUpload(ticket);
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
  });

  test("by the client sends no bytes for a file that is published already", async ({ owner }) => {
    const { client } = owner;
    const file = fileOf(await png(64, "#cc3314"));
    const { fetch, sent } = faultyFetch();

    const first = await client.upload(file, { reuse: true, fetch });
    const again = await client.upload(file, { reuse: true, fetch });

    expect(again).toEqual(first);
    expect(sent()).toBe(1);
  });

  test("finds the image by the file that was sent, also when the published bytes are other ones", async ({
    owner: { client },
  }) => {
    const sent = Buffer.concat([await png(64, "#cc3315"), Buffer.from("after the end")]);
    const image = await client.upload(fileOf(sent));
    expect(image.sha256).not.toBe(uploadRequest(sent).sha256);
    expect(await reused(client, sent)).toEqual(image);
    expect(await reused(client, await bytesAt(image.url))).toBeUndefined();
  });

  test("never finds another owner's image, nor one that is pending or rejected", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#cc3316");
    await stack.client("the other owner").upload(fileOf(bytes));
    expect(await reused(client, bytes)).toBeUndefined();

    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    expect(await reused(client, bytes)).toBeUndefined();

    const text = randomBytes(200);
    await expect(client.upload(fileOf(text))).rejects.toMatchObject({ code: "image.unsupported" });
    expect(await reused(client, text)).toBeUndefined();
  });

  test("finds the image of a Telegram account while the account is linked to the owner", async ({
    stack,
    owner: { client, sub },
  }) => {
    const bytes = await png(64, "#cc3317");
    const { image_id } = await client.upload(fileOf(bytes));
    await stack.sql`
      update images set owner_id = 'telegram:917', platform = 'telegram' where image_id = ${image_id}
    `;
    expect(await reused(client, bytes)).toBeUndefined();
    await stack.sql`insert into telegram_accounts values (917, ${`user:${sub}`})`;
    expect(await reused(client, bytes)).toMatchObject({ image_id, platform: "telegram" });
  });

  test("does not need room in the quota of pending uploads", async ({ owner: { client } }) => {
    const bytes = await png(64, "#cc3318");
    const image = await client.upload(fileOf(bytes));
    for (let count = 0; count < 20; count += 1)
      await client.presignUpload(uploadRequest(randomBytes(100)));
    expect(await reused(client, bytes)).toEqual(image);
  });

  test("answers the same one of several equal images until that is deleted", async ({ owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#cc3319");
    const first = await client.upload(fileOf(bytes));
    const second = await client.upload(fileOf(bytes));
    expect(await reused(client, bytes)).toEqual(first);
    await client.deleteImage(first);
    expect(await reused(client, bytes)).toEqual(second);
    await client.deleteImage(second);
    expect(await reused(client, bytes)).toBeUndefined();
  });

  test("does not wait for a deletion in progress, and does not find the image once it is deleted", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#cc331a");
    const image = await client.upload(fileOf(bytes));
    await stack.sql.begin(async (tx) => {
      await tx`delete from images where image_id = ${image.image_id}`;
      expect(await reused(client, bytes)).toEqual(image);
    });
    expect(await reused(client, bytes)).toBeUndefined();
  });

  test("answers the image that is being deleted or stores a new one, which stays", async ({
    stack,
    owner: { client },
  }) => {
    const file = fileOf(await png(64, "#cc331b"));
    for (let round = 0; round < 5; round += 1) {
      const old = await client.upload(file, { reuse: true });
      const [, ...uploaded] = await Promise.all([
        client.deleteImage(old),
        client.upload(file, { reuse: true }),
        client.upload(file, { reuse: true }),
      ]);
      const listed = (await client.listImages()).images;
      const expected = uploaded.filter(({ image_id }) => image_id !== old.image_id);
      expect(idsOf(listed)).toEqual(idsOf(expected));
      await sweep(stack);
      for (const { url } of listed) expect((await fetch(url!)).status).toBe(200);
      for (const image of listed) await client.deleteImage(image);
    }
  });
});

describe("an upload that an earlier release marked as a duplicate", () => {
  test("still answers the image that it is a duplicate of, and is not reused itself", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#cc331c");
    const { image, ticket } = await oldDuplicate(stack, client, bytes);

    expect(await client.completeUpload(ticket)).toEqual({ image });
    expect((await client.listImages()).images).toEqual([image]);
    expect(await reused(client, bytes)).toEqual(image);
    const getting = client.getImage({ image_id: ticket.upload_id });
    await expect(getting).rejects.toMatchObject({ code: "image.not_found" });
  });

  test("is deleted with that image", async ({ stack, owner: { client } }) => {
    const bytes = await png(64, "#cc331d");
    const { image, ticket } = await oldDuplicate(stack, client, bytes);

    await client.deleteImage(image);

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.not_found" });
    const again = await client.upload(fileOf(bytes), { reuse: true });
    expect(again.image_id).not.toBe(image.image_id);
    await sweep(stack);
    expect(bytes.equals(await bytesAt(again.url))).toBe(true);
  });
});

/** The image that an upload of these bytes with `reuse` is answered with, if any. */
async function reused(client: Client, bytes: Uint8Array) {
  const answer = await client.presignUpload({ ...uploadRequest(bytes), reuse: true });
  return "image" in answer ? answer.image : undefined;
}

const idsOf = (images: { image_id: string }[]) => images.map(({ image_id }) => image_id).sort();

/** Uploads a file twice, the second time as earlier releases did. */
async function oldDuplicate({ sql }: TestStack, client: Client, bytes: Uint8Array) {
  const image = await client.upload(fileOf(bytes));
  const ticket = await client.presignUpload(uploadRequest(bytes));
  await putTo(ticket, bytes);
  await sql`
    update images set status = 'published', duplicate_of = ${image.image_id}, published_at = now()
    where image_id = ${ticket.upload_id}
  `;
  return { image, ticket };
}
