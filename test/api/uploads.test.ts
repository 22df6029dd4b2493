import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

describe("a web upload", () => {
  test("goes straight to R2 and gets a permanent URL", async ({ owner: { client } }) => {
    const bytes = await png(64, "#aa3311");
    const ticket = await client.presignUpload({ ...uploadRequest(bytes), filename: "cat.png" });
    expect(ticket).toMatchObject({
      method: "PUT",
      headers: {
        "content-type": "image/png",
        "if-none-match": "*",
        "x-amz-checksum-sha256": Buffer.from(sha256Of(bytes), "hex").toString("base64"),
      },
    });
    expect((await putTo(ticket, bytes)).status).toBe(200);

    const { image } = await client.completeUpload(ticket);

    expect(image).toEqual({
      image_id: ticket.upload_id,
      platform: "web",
      visibility: "public",
      status: "published",
      url: expect.stringMatching(new RegExp(`/images/${ticket.upload_id}\\.png$`)),
      content_type: "image/png",
      bytes: bytes.length,
      width: 64,
      height: 64,
      sha256: sha256Of(bytes),
      thumbhash: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
      variants: [],
      rewritten: false,
      warnings: [],
      filename: "cat.png",
      alt: null,
      caption: null,
      tags: [],
      error: null,
      created_at: expect.stringMatching(/Z$/),
    });
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const { headers } = await fetch(image.url!);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("that is completed again, or twice at once, gives the same image", async ({ owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#bb3311");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);

    const both = await Promise.all([client.completeUpload(ticket), client.completeUpload(ticket)]);

    expect(both[0]).toEqual(both[1]);
    expect((await fetch(both[0].image.url!)).status).toBe(200);
    expect(await client.completeUpload(ticket)).toEqual(both[0]);
    expect((await client.listImages()).images).toEqual([both[0].image]);
  });

  test("can be completed after its URL and the upload have expired, but not when nothing arrived by then", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#345678");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    const { upload_id } = ticket;
    await putTo(ticket, bytes);
    const expire = (column: string) =>
      stack.sql`
        update images set ${stack.sql({ [column]: new Date(Date.now() - 1_000) })}
        where image_id = ${upload_id}
      `;
    await expire("url_expires_at");
    await expire("expires_at");
    await sweep(stack);
    expect((await client.completeUpload(ticket)).image.status).toBe("published");

    const second = await client.presignUpload(uploadRequest(await png(64, "#456789")));
    await stack.sql`
      update images set expires_at = now() - interval '1 s' where image_id = ${second.upload_id}
    `;
    await expect(client.completeUpload(second)).rejects.toMatchObject({ code: "upload.expired" });
  });
});
