import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { promise, putTo } from "../support/files.ts";
import { png } from "../support/images.ts";
import { sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("an owner", () => {
  test("may have 20 uploads outstanding, and is told when there is room again", async ({
    owner,
  }) => {
    const { client } = owner;
    const ask = () => client.presignUpload(promise(randomBytes(100)));
    const asked = await Promise.allSettled(Array.from({ length: 25 }, ask));
    const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));

    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ code: "upload.too_many" });
    expect(refused[0].retryAfterSeconds).toBeGreaterThan(3_500);
  });

  test("may have 200 MB outstanding", async ({ owner: { client } }) => {
    const ask = () => client.presignUpload({ ...promise(randomBytes(10)), size: 20_000_000 });
    for (let count = 0; count < 10; count += 1) await ask();
    await expect(ask()).rejects.toMatchObject({ code: "upload.too_many" });
  });

  test("frees room by completing, and by letting uploads expire", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const files = await Promise.all(
      Array.from({ length: 20 }, (_, n) => png(32, `rgb(${n},${n},200)`)),
    );
    const tickets = await Promise.all(files.map((bytes) => client.presignUpload(promise(bytes))));
    await putTo(tickets[0]!, files[0]!);
    await client.completeUpload(tickets[0]!);
    await client.presignUpload(promise(randomBytes(100)));
    await stack.sql`
      update images set expires_at = now() - interval '1 s' where owner_id = ${`user:${sub}`}
    `;
    await client.presignUpload(promise(randomBytes(100)));

    await sweep(stack);

    await expect(client.completeUpload(tickets[1]!)).rejects.toMatchObject({
      code: "upload.expired",
    });
  });
});

describe("an upload is refused", () => {
  test("before it begins, for what no image is", async ({ owner: { client } }) => {
    const good = promise(randomBytes(100));
    const refused: object[] = [
      { ...good, size: 0 },
      { ...good, size: -1 },
      { ...good, size: 20_000_001 },
      { ...good, size: 1.5 },
      { ...good, content_type: "image/svg+xml" },
      { ...good, content_type: "image/png; charset=utf-8" },
      { ...good, content_type: "IMAGE/PNG" },
      { ...good, sha256: "abc" },
      { ...good, sha256: good.sha256.toUpperCase() },
      { ...good, filename: 7 },
      { ...good, key: "images/mine.png" },
    ];
    for (const body of refused)
      await expect(client.presignUpload(body as typeof good)).rejects.toMatchObject({
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
    ["a\u0000b\nc.png", "abc.png"],
    ["half a pair \ud83d", "half a pair \ufffd"],
    ["x".repeat(10_000), "x".repeat(200)],
    ["   ", null],
    ["", null],
  ])("never for its name: %j is shown as %j", async ([filename, shown], { stack, owner }) => {
    const ticket = await owner.client.presignUpload({ ...promise(randomBytes(10)), filename });
    const [row] = await stack.sql`select filename from images where image_id = ${ticket.upload_id}`;
    expect(row?.filename).toBe(shown);
    expect(ticket.url).not.toContain("passwd");
  });
});
