import { describe, expect } from "vitest";
import { fileOf } from "../support/files.ts";
import { png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("the list of images", () => {
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
