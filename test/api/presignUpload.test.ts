import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";

describe("an owner", () => {
  test("may have 20 pending uploads, and learns when to retry", async ({ owner, task }) => {
    task.meta.cases = 25;
    const { client } = owner;
    const presign = () => client.presignUpload(uploadRequest(randomBytes(100)));
    const results = await Promise.allSettled(Array.from({ length: 25 }, presign));
    const errors = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason] : [],
    );

    expect(errors).toHaveLength(5);
    expect(errors[0]).toMatchObject({ code: "upload.too_many" });
    expect(errors[0].retryAfterSeconds).toBeGreaterThan(280);
    expect(errors[0].retryAfterSeconds).toBeLessThanOrEqual(300);
  });

  test("may have 200 MB of pending uploads", async ({ owner: { client }, task }) => {
    task.meta.cases = 11;
    const presign = () =>
      client.presignUpload({ ...uploadRequest(randomBytes(10)), size: 20_000_000 });
    for (let count = 0; count < 10; count += 1) await presign();
    await expect(presign()).rejects.toMatchObject({ code: "upload.too_many" });
  });

  test("may upload more once pending uploads are completed or their URLs have expired", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const files = await Promise.all(
      Array.from({ length: 20 }, (_, n) => png(32, `rgb(${n},${n},200)`)),
    );
    const tickets = await Promise.all(
      files.map((bytes) => client.presignUpload(uploadRequest(bytes))),
    );
    await putTo(tickets[0]!, files[0]!);
    await client.completeUpload(tickets[0]!);
    await client.presignUpload(uploadRequest(randomBytes(100)));
    await expect(client.presignUpload(uploadRequest(randomBytes(100)))).rejects.toMatchObject({
      code: "upload.too_many",
    });
    await stack.sql`
      update images set url_expires_at = now() - interval '1 s' where owner_id = ${`user:${sub}`}
    `;
    await client.presignUpload(uploadRequest(randomBytes(100)));
  });
});

describe("a presigned URL", () => {
  test("expires when its row says, also when the request waited for others of its owner", async ({
    stack,
    owner: { client, sub },
  }) => {
    const presign = () => client.presignUpload(uploadRequest(randomBytes(100)));
    const presigning = await stack.sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtextextended(${`user:${sub}`}, 0))`;
      const waiting = Promise.all([presign(), presign()]);
      await sleep(2_500);
      return { waiting };
    });
    const released = Date.now();

    for (const ticket of await presigning.waiting) {
      const [row] = await stack.sql`
        select url_expires_at, expires_at from images where image_id = ${ticket.upload_id}
      `;
      const expiresAt = expiryOf(ticket.url);
      expect(expiresAt).toBeLessThanOrEqual(row!.url_expires_at.getTime());
      expect(expiresAt).toBeGreaterThanOrEqual(released + 298_000);
      expect(ticket.url_expires_at).toBe(row!.url_expires_at.toISOString());
      expect(ticket.expires_at).toBe(row!.expires_at.toISOString());
      expect(Date.parse(ticket.expires_at) - Date.parse(ticket.url_expires_at)).toBe(3_300_000);
    }
  });
});

/** When a presigned URL expires, in milliseconds since 1970. */
function expiryOf(url: string) {
  const { searchParams } = new URL(url);
  const date = searchParams.get("X-Amz-Date")!;
  const iso = date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return Date.parse(iso) + Number(searchParams.get("X-Amz-Expires")) * 1_000;
}

describe("a request for an upload", () => {
  test("is rejected unless size, type, hash and fields are valid", async ({
    owner: { client },
  }) => {
    const valid = uploadRequest(randomBytes(100));
    const invalid: object[] = [
      { ...valid, size: 0 },
      { ...valid, size: -1 },
      { ...valid, size: 20_000_001 },
      { ...valid, size: 1.5 },
      { ...valid, content_type: "image/svg+xml" },
      { ...valid, content_type: "image/png; charset=utf-8" },
      { ...valid, content_type: "IMAGE/PNG" },
      { ...valid, sha256: "abc" },
      { ...valid, sha256: valid.sha256.toUpperCase() },
      { ...valid, filename: 7 },
      { ...valid, key: "images/mine.png" },
    ];
    for (const body of invalid)
      await expect(client.presignUpload(body as typeof valid)).rejects.toMatchObject({
        code: "input.invalid",
      });
    await expect(client.completeUpload({ upload_id: "1" })).rejects.toMatchObject({
      code: "input.invalid",
    });
  });

  test.for<[string, string | null]>([
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\mira\\cat.png", "cat.png"],
    ["\u202egnp.exe", "gnp.exe"],
    ["cafe\u0301.png", "caf\u00e9.png"],
    ["a\u0001b\nc.png", "abc.png"],
    [`${"x".repeat(199)}\u{1f5bc}.png`, "x".repeat(199)],
    ["x".repeat(4_096), "x".repeat(200)],
    ["   ", null],
    ["", null],
  ])("may have any file name: %j is shown as %j", async ([filename, shown], { stack, owner }) => {
    const ticket = await owner.client.presignUpload({
      ...uploadRequest(randomBytes(10)),
      filename,
    });
    const [row] = await stack.sql`select filename from images where image_id = ${ticket.upload_id}`;
    expect(row?.filename).toBe(shown);
    expect(ticket.url).not.toContain("passwd");
  });
});
