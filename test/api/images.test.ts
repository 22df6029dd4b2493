import { limits } from "@keepsake/contract/limits";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the list of images", () => {
  test("has shorter pages where people said so much that more would not fit Lambda's response", async ({
    stack,
    owner,
  }) => {
    const ids = await insertImages(
      stack,
      owner,
      Array.from({ length: 101 }, () => ({})),
    );
    const caption = "\u0001".repeat(limits.caption_chars); // 7 bytes each where a function returns it
    await stack.sql`
      update images set caption = ${caption}, alt = ${"\u0001".repeat(limits.alt_chars)}
      where owner_id = ${`user:${owner.sub}`}
    `;
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await owner.client.listImages({ limit: 100, ...(cursor && { cursor }) });
      const response = JSON.stringify({ body: JSON.stringify(page) });
      expect(Buffer.byteLength(response)).toBeLessThan(5_500_000);
      listed.push(...page.images.map(({ image_id }) => image_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(listed).toEqual(ids.toReversed());
  });

  test("is paged, newest first, and closed to other owners", async ({ stack, owner }) => {
    const { client } = owner;
    const ids: string[] = [];
    for (const colour of ["#100000", "#200000", "#300000"])
      ids.unshift((await client.upload(fileOf(await png(32, colour)))).image_id);

    const first = await client.listImages({ limit: 2 });
    const second = await client.listImages({ limit: 2, cursor: first.next_cursor! });

    expect([...first.images, ...second.images].map(({ image_id }) => image_id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    const other = stack.client("another owner");
    expect((await other.listImages()).images).toEqual([]);
    const image_id = ids[0]!;
    expect((await client.getImage({ image_id })).image.image_id).toBe(image_id);
    const notFound = { code: "image.not_found" };
    await expect(other.getImage({ image_id })).rejects.toMatchObject(notFound);
    await expect(other.deleteImage({ image_id })).rejects.toMatchObject(notFound);
    await expect(other.completeUpload({ upload_id: image_id })).rejects.toMatchObject({
      code: "upload.not_found",
    });
  });
});

describe("an image", () => {
  test("of an earlier release says neither whether it was rewritten nor what it lost", async ({
    stack,
    owner: { client },
  }) => {
    const { image_id } = await client.upload(fileOf(await png(32, "#400000")));
    // as the migration that added the columns left those that were published before
    await stack.sql`
      update images set rewritten = default, warnings = default where image_id = ${image_id}
    `;
    const { image } = await client.getImage({ image_id });
    expect(image).toMatchObject({ status: "published", rewritten: null, warnings: [] });
    expect((await client.listImages()).images).toEqual([image]);
  });

  test("says that of an animation beyond the bounds only the first frame is published", async ({
    owner: { client },
  }) => {
    const frameBytes = 16 * 16 * 3;
    const pixels = Buffer.alloc(301 * frameBytes).map((_, at) => 37 * Math.floor(at / frameBytes));
    const frames = sharp(pixels, {
      raw: { width: 16, height: 16 * 301, channels: 3, pageHeight: 16 },
    });
    const bytes = await frames.gif({ loop: 0 }).toBuffer();
    const { pages } = await sharp(bytes).metadata();
    expect(pages).toBe(301);
    const image = await client.upload(fileOf(bytes, "long.gif", "image/gif"));
    expect(image).toMatchObject({
      content_type: "image/png",
      rewritten: true,
      warnings: ["animation_dropped"],
    });
  });
});

test("OpenAPI describes what a published image may have lost", async ({ stack }) => {
  const { components } = await (await fetch(`${stack.api}/openapi.json`)).json();
  const { warnings, rewritten } = components.schemas.Image.properties;
  expect(warnings.description).toContain("`animation_dropped`");
  expect(rewritten.type).toEqual(["boolean", "null"]);
});
