import { images } from "@keepsake/functions/services/buckets";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { animatedWebp, twoColourPng } from "../security/hostile/slowImages.ts";
import { killBusyDecoders } from "../support/decoderProcesses.ts";
import { drawnPicture } from "../support/drawnPicture.ts";
import { apng, chunk, chunksOf, gpsJpeg, header, png, pngOf } from "../support/images.ts";
import { character, pendingPiece } from "../support/pieceDrafts.ts";
import {
  deliver,
  type Owner,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, sha256Of } from "../support/uploadRequests.ts";

describe("uploadPortraits", () => {
  test("replaces the base64 with the URL and changes nothing else in details", async ({
    stack,
    owner,
  }) => {
    const bytes = await png();
    const { world_id, piece_id } = await pendingPiece(owner, bytes);
    expect(await details(stack, piece_id)).toEqual({
      image_portrait_base64: bytes.toString("base64"),
      traits: ["Fearless"],
    });

    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    const url = `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait.png`;
    expect(await details(stack, piece_id)).toEqual({
      image_portrait: url,
      image_portrait_variants: [{ width: 64, height: 64, url }], // too narrow for copies
      traits: ["Fearless"],
    });
    expect((await fetch(url)).status).toBe(200);
  });

  test("changes nothing when a message is delivered again", async ({ stack, owner }) => {
    const { piece_id } = await pendingPiece(owner, await png());
    const message = { piece_id, version: 1 };
    await deliver(stack, "PortraitQueue", [message]);
    const before = await row(stack, piece_id);

    expect(await deliver(stack, "PortraitQueue", [message, message])).toEqual([]);

    expect(await row(stack, piece_id)).toEqual(before);
  });

  test("finishes after a crash between storing the object and updating the row", async ({
    stack,
    owner,
  }) => {
    const { piece_id } = await pendingPiece(owner, await png());
    const pending = await row(stack, piece_id);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const published = await row(stack, piece_id);
    const { details } = pending;
    await stack.sql`
      update lore_pieces set portrait_status = 'pending', details = ${stack.sql.json(details)}
      where piece_id = ${piece_id}
    `;

    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    expect((await row(stack, piece_id)).details).toEqual(published.details);
  });

  test("never overwrites an object: other bytes under its key leave the row pending with its base64", async ({
    stack,
    owner,
  }) => {
    const { piece_id } = await pendingPiece(owner, await png(64, "#111111"));
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const url = String((await details(stack, piece_id)).image_portrait);
    const first = await (await fetch(url)).text();
    const other = { image_portrait_base64: (await png(64, "#eeeeee")).toString("base64") };
    await stack.sql`
      update lore_pieces set portrait_status = 'pending', details = ${stack.sql.json(other)}
      where piece_id = ${piece_id}
    `;

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([0]);

    expect(await row(stack, piece_id)).toMatchObject({
      portrait_status: "pending",
      details: other,
    });
    expect(await (await fetch(url)).text()).toBe(first);
  });

  test("reports only the portrait that could not be stored as a failure of its batch", async ({
    stack,
    owner,
  }) => {
    const one = await pendingPiece(owner, await png(64, "#121212"));
    const other = await pendingPiece(owner, await png(64, "#131313"));
    const messages = [other, one].map(({ piece_id }) => ({ piece_id, version: 1 }));
    await deliver(stack, "PortraitQueue", [messages[1]]);
    const changed = { image_portrait_base64: (await png(64, "#eeeeef")).toString("base64") };
    await stack.sql`
      update lore_pieces set portrait_status = 'pending', details = ${stack.sql.json(changed)}
      where piece_id = ${one.piece_id}
    `;

    expect(await deliver(stack, "PortraitQueue", messages)).toEqual([1]);
  });

  test("delivers the whole batch again when the database fails", async ({ stack, owner }) => {
    const { piece_id } = await pendingPiece(owner);
    const messages = [
      { piece_id, version: 1 },
      { piece_id, version: 2 },
    ];
    await stack.sql`alter table lore_pieces rename to unreachable`;
    expect(await deliver(stack, "PortraitQueue", messages)).toEqual([0, 1]);
    await stack.sql`alter table unreachable rename to lore_pieces`;
    expect(await deliver(stack, "PortraitQueue", messages)).toEqual([]);
  });

  test("keeps what an earlier release stored under its key, when it is the same picture encoded differently", async ({
    stack,
    owner,
  }) => {
    const { world_id, piece_id } = await pendingPiece(
      owner,
      await drawnPicture(400, 300).png().toBuffer(),
    );
    // with a resolution, as an earlier release published it, before it could write the row
    const bytes = await drawnPicture(400, 300).png({ compressionLevel: 2 }).toBuffer();
    const key = `portraits/${world_id}/${piece_id}_portrait.png`;
    const earlier = { bytes, contentType: "image/png", sha256: sha256Of(bytes) };
    await images().put(key, earlier);

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([]);

    const { image_portrait, image_portrait_variants } = await details(stack, piece_id);
    expect(image_portrait).toBe(`${stack.cdn}/${key}`);
    expect(bytes.equals(await bytesAt(image_portrait))).toBe(true);
    const sizes = image_portrait_variants as { width: number; url: string }[];
    expect(sizes.map(({ width }) => width)).toEqual([320, 400]);
    expect((await bytesAt(sizes[0]!.url)).length).toBeGreaterThan(100);
  });

  test("publishes nine of ten portraits when one is damaged, and records why the tenth was rejected", async ({
    stack,
    owner: { client },
  }) => {
    const whole = await png();
    const cutOff = whole.subarray(0, whole.length - 40);
    const pieces = await Promise.all(
      Array.from({ length: 10 }, (_, n) => character(`No. ${n}`, n === 4 ? cutOff : whole)),
    );
    const { world } = await client.createWorld({ theme: "fantasy", pieces });
    const messages = world.pieces.map(({ piece_id }) => ({ piece_id, version: 1 }));

    expect(await deliver(stack, "PortraitQueue", messages)).toEqual([]);

    const after = (await client.getWorld({ world_id: world.world_id })).world.pieces;
    expect(after.filter((piece) => piece.portrait_status === "published")).toHaveLength(9);
    expect(after[4]).toMatchObject({
      portrait_status: "rejected",
      portrait_error: "The image is damaged or cut off and cannot be decoded",
    });
    expect(await details(stack, after[4]!.piece_id)).toHaveProperty("image_portrait_base64");
  });

  test.skipIf(process.platform !== "linux")(
    "publishes the others when one portrait crashes the decoder, which stays pending",
    { timeout: 90_000 },
    async ({ stack, owner }) => {
      const portraits = [await gpsJpeg(), twoColourPng(2_560), await apng()];
      const pieces = await Promise.all(portraits.map((bytes) => pendingPiece(owner, bytes)));
      const messages = pieces.map(({ piece_id }) => ({ piece_id, version: 1 }));

      const delivery = deliver(stack, "PortraitQueue", messages);
      const { outcome, killed } = await killBusyDecoders(delivery);

      expect(outcome).toEqual([1]);
      expect(killed).toBe(2);
      const rows = await Promise.all(messages.map(({ piece_id }) => row(stack, piece_id)));
      const statuses = rows.map(({ portrait_status }) => portrait_status);
      expect(statuses).toEqual(["published", "pending", "published"]);
      expect(rows[1]!.portrait_error).toBe(
        "The portrait could not be stored yet (RetryableError). It is tried again.",
      );
    },
  );

  test("rejects a portrait that takes more than 4 s of CPU time, and publishes the others", {
    timeout: 90_000,
  }, async ({ stack, owner }) => {
    const portraits = [await gpsJpeg(), animatedWebp(65_000), await apng()];
    const pieces = await Promise.all(portraits.map((bytes) => pendingPiece(owner, bytes)));
    const messages = pieces.map(({ piece_id }) => ({ piece_id, version: 1 }));

    // on a busy machine the clock may end it first, and then it is delivered again
    while ((await deliver(stack, "PortraitQueue", messages)).length > 0);

    const rows = await Promise.all(messages.map(({ piece_id }) => row(stack, piece_id)));
    const statuses = rows.map(({ portrait_status }) => portrait_status);
    expect(statuses).toEqual(["published", "rejected", "published"]);
    expect(rows[1]!.portrait_error).toBe("The image takes too long to decode: send a simpler one");
  });

  test("reports invalid messages, and publishes the rest of the batch", async ({
    stack,
    owner,
  }) => {
    const { piece_id } = await pendingPiece(owner, await png());
    const batch = ["{", { piece_id: "x", version: 1 }, { piece_id, version: 1 }];

    expect(await deliver(stack, "PortraitQueue", batch)).toEqual([0, 1]);

    expect(await row(stack, piece_id)).toMatchObject({ portrait_status: "published" });
  });

  test.for([2 ** 31, 2 ** 53, 1e300, 0, 1.5])(
    "reports a message with version %s, and publishes the rest of the batch",
    async (version, { stack, owner }) => {
      const { piece_id } = await pendingPiece(owner, await png());
      const batch = [
        { piece_id, version },
        { piece_id, version: 1 },
      ];

      expect(await deliver(stack, "PortraitQueue", batch)).toEqual([0]);

      expect(await row(stack, piece_id)).toMatchObject({ portrait_status: "published" });
    },
  );

  test("ignores a message for another version", async ({ stack, owner }) => {
    const { piece_id } = await pendingPiece(owner, await png());

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }])).toEqual([]);

    expect(await row(stack, piece_id)).toMatchObject({ portrait_status: "pending" });
  });

  describe("publishes only the picture from", () => {
    test("a PNG with HTML after its end", async ({ stack, owner }) => {
      const bytes = Buffer.concat([await png(), Buffer.from("<script>alert(1)</script>")]);

      const published = await publish(stack, owner, bytes);

      expect(published.includes("script")).toBe(false);
      expect(published.subarray(-8).toString("latin1", 0, 4)).toBe("IEND");
    });

    test("a PNG with a text chunk", async ({ stack, owner }) => {
      const [ihdr, ...rest] = chunksOf(await png());
      const text = chunk("tEXt", Buffer.from("Comment\0secret", "latin1"));
      const others = rest.map(({ type, data }) => chunk(type, data));

      const published = await publish(
        stack,
        owner,
        pngOf(chunk("IHDR", ihdr!.data), text, ...others),
      );

      expect(published.includes("secret")).toBe(false);
    });

    test("a JPEG with a GPS location, turned upright", async ({ stack, owner }) => {
      const photo = await gpsJpeg();
      expect(photo.includes("Wanderer")).toBe(true);

      const published = await publish(stack, owner, photo);

      expect(published.includes("Wanderer")).toBe(false);
      const { format, width, height, exif } = await sharp(published).metadata();
      expect({ format, width, height, exif }).toEqual({ format: "png", width: 32, height: 48 });
    });

    test("an animated PNG, as its first frame", async ({ stack, owner }) => {
      const published = await publish(stack, owner, await apng());

      expect(chunksOf(published).map(({ type }) => type)).not.toContain("acTL");
    });
  });

  describe("rejects what only decoding can detect:", () => {
    test("a truncated PNG", async ({ stack, owner }) => {
      const whole = await png(256);
      await expectRejected(
        stack,
        owner,
        whole.subarray(0, whole.length >> 1),
        /damaged or cut off/,
      );
    });

    test("a PNG whose pixels do not match its header", async ({ stack, owner }) => {
      const [, ...rest] = chunksOf(await png(32));
      const mismatched = pngOf(
        header(512, 512),
        ...rest.map(({ type, data }) => chunk(type, data)),
      );
      await expectRejected(stack, owner, mismatched, /damaged or cut off/);
    });

    test("a JPEG that is 5,000 px wide", async ({ stack, owner }) => {
      const wide = { width: 5_000, height: 20, channels: 3 as const, background: "#000" };
      const bytes = await sharp({ create: wide }).jpeg().toBuffer();
      await expectRejected(
        stack,
        owner,
        bytes,
        /5,000 × 20 pixels: each side must have 16 to 4,096/,
      );
    });
  });
});

/** Sends this portrait, and resolves to the bytes that are published for it. */
async function publish(stack: TestStack, owner: Owner, portrait: Buffer) {
  const { piece_id } = await pendingPiece(owner, portrait);
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  const { image_portrait } = await details(stack, piece_id);
  return bytesAt(image_portrait);
}

/** Expects that the row records why and keeps its base64, and that the message is not retried. */
async function expectRejected(stack: TestStack, owner: Owner, portrait: Buffer, reason: RegExp) {
  const { piece_id } = await pendingPiece(owner, portrait);
  expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([]);
  expect(await row(stack, piece_id)).toMatchObject({
    portrait_status: "rejected",
    portrait_error: expect.stringMatching(reason),
    details: { image_portrait_base64: portrait.toString("base64") },
  });
}

async function row({ sql }: TestStack, piece_id: string) {
  const [piece] = await sql`select * from lore_pieces where piece_id = ${piece_id}`;
  if (!piece) throw new Error(`No piece ${piece_id}`);
  return piece;
}

const details = async (stack: TestStack, piece_id: string) => (await row(stack, piece_id)).details;
