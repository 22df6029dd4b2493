import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { newOwner, request, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";
import {
  hasIncoming,
  passUploadTime,
  sweepAndDeliver,
  uploadRow,
} from "../support/uploadTimeAndObjects.ts";

describe("DELETE /uploads/{upload_id}", () => {
  test("cancels an upload: what arrived is erased once its URL has expired, and never published", async ({
    stack,
    owner: { client, sub },
  }) => {
    const bytes = await png(64, "#ca0001");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);

    const answer = await request(stack, "DELETE", `/uploads/${ticket.upload_id}`, { sub });
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(answer.headers.get("content-type")).not.toBe("application/json");

    expect(await uploadRow(stack, ticket.upload_id)).toBeUndefined();
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.not_found" });
    await sweep(stack);
    expect(await hasIncoming(ticket.upload_id)).toBe(true); // or the URL could write it again
    const listed = () => stack.sql<{ key: string; erase_after: Date; final_after: Date }[]>`
      select key, erase_after, final_after from erasure_objects where owner_id = ${`user:${sub}`}
    `;
    expect(await listed()).toEqual([
      {
        key: `uploads/${ticket.upload_id}`,
        erase_after: new Date(ticket.url_expires_at),
        final_after: new Date(ticket.expires_at),
      },
    ]);
    await stack.sql`update erasure_objects set erase_after = now() where owner_id = ${`user:${sub}`}`;
    await sweepAndDeliver(stack);
    expect(await hasIncoming(ticket.upload_id)).toBe(false);
    expect((await client.listImages()).images).toEqual([]);
  });

  test("answers the same when it is repeated, also a day later", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const ticket = await client.presignUpload(uploadRequest(randomBytes(10)));
    expect(await client.cancelUpload(ticket)).toBeUndefined();
    expect(await client.cancelUpload(ticket)).toBeUndefined();
    await stack.sql`
      update erasures set created_at = now() - interval '1 day' where owner_id = ${`user:${sub}`}
    `;
    expect(await client.cancelUpload(ticket)).toBeUndefined();
    const [row] = await stack.sql`
      select count(*)::integer as count from erasures where owner_id = ${`user:${sub}`}
    `;
    expect(row).toEqual({ count: 1 });
  });

  test("is 409 upload.completed when the upload is published, and leaves the image", async ({
    owner: { client },
  }) => {
    const bytes = await png(64, "#ca0002");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    const { image } = await client.completeUpload(ticket);
    await expect(client.cancelUpload(ticket)).rejects.toMatchObject({ code: "upload.completed" });
    expect((await fetch(image.url!)).status).toBe(200);
  });

  test("is 404 for another owner's upload, also once that is cancelled, and changes nothing", async ({
    stack,
    owner: { client },
  }) => {
    const other = newOwner(stack).client;
    const ticket = await client.presignUpload(uploadRequest(randomBytes(10)));
    const refused = { code: "upload.not_found" };
    await expect(other.cancelUpload(ticket)).rejects.toMatchObject(refused);
    expect(await uploadRow(stack, ticket.upload_id)).toMatchObject({ status: "pending" });
    await client.cancelUpload(ticket);
    await expect(other.cancelUpload(ticket)).rejects.toMatchObject(refused);
  });

  test("of a rejected upload changes nothing and answers 204", async ({ stack, owner }) => {
    const { client } = owner;
    const bytes = randomBytes(64);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({
      code: "image.unsupported",
    });
    expect(await client.cancelUpload(ticket)).toBeUndefined();
    expect(await uploadRow(stack, ticket.upload_id)).toMatchObject({ status: "rejected" });
  });

  test("erases also what a process that died had made public", async ({ stack, owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#ca0003");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    const { image } = await client.completeUpload(ticket);
    // as if it had died before it wrote the row
    await stack.sql`
      update images set status = 'pending', url = null, key = null, sha256 = null
      where image_id = ${ticket.upload_id}
    `;
    await client.cancelUpload(ticket);
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
  });
});

describe("an owner", () => {
  const presign = ({ client }: ReturnType<typeof newOwner>) =>
    client.presignUpload(uploadRequest(randomBytes(10)));

  test("that cancelled 40 uploads begins the 41st", async ({ owner, task }) => {
    task.meta.cases = 41;
    for (let count = 0; count < 40; count += 1)
      await owner.client.cancelUpload(await presign(owner));
    expect(await presign(owner)).toMatchObject({ method: "PUT" });
  });

  test("may have 200 live URLs, whatever became of them, and 20 of them pending", {
    timeout: 60_000,
  }, async ({ stack, owner, task }) => {
    task.meta.cases = 201;
    const owner_id = `user:${owner.sub}`;
    for (let round = 0; round < 10; round += 1) {
      const tickets = await Promise.all(Array.from({ length: 20 }, () => presign(owner)));
      // cancelled, rejected, and deleted with everything of the owner
      if (round % 3 === 0)
        await Promise.all(tickets.map((each) => owner.client.cancelUpload(each)));
      else if (round % 3 === 1)
        await stack.sql`
          update images set status = 'rejected'
          where image_id in ${stack.sql(tickets.map((each) => each.upload_id))}
        `;
      else await owner.client.eraseOwner();
    }
    await stack.sql`
      update upload_urls set expires_at = now() + interval '100 seconds'
      where upload_id = (select upload_id from upload_urls where owner_id = ${owner_id}
                         order by expires_at limit 1)
    `;
    const refused = await presign(owner).catch((error) => error);
    expect(refused).toMatchObject({ code: "upload.too_many" });
    expect(refused.retryAfterSeconds).toBeGreaterThan(80);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(100);
    expect(await presign(newOwner(stack))).toMatchObject({ method: "PUT" });

    await passUploadTime(stack, 101);
    await sweep(stack);
    await presign(owner);
    await expect(presign(owner)).rejects.toMatchObject({ code: "upload.too_many" });
    await stack.sql`delete from images`;
  });
});
