import type { Client } from "@keepsake/client";
import Keepsake, { type KeepsakeBody } from "@keepsake/uppy";
import Uppy, { type Meta } from "@uppy/core";

/** @public Is not run: the compiler checks it, with Uppy 6, and with Uppy 5 by uppy5/tsconfig.json. */
export function checkTypes(client: Client) {
  const uppy = new Uppy<Meta, KeepsakeBody>().use(Keepsake, { client, visibility: "private" });
  uppy.on("upload-success", (_file, { body, uploadURL }) => {
    const url: string | null | undefined = uploadURL ?? body?.url;
    const width: number | null | undefined = body?.width;
    return [url, width];
  });
  uppy.getPlugin("Keepsake")?.setOptions({ concurrency: 2 });

  // with types of their own, and with none
  type Album = { album: string };
  new Uppy<Album>().use(Keepsake, { client });
  new Uppy().use(Keepsake, { client });
  // @ts-expect-error the client is missing
  new Uppy().use(Keepsake, {});
  // @ts-expect-error Keepsake has no such visibility
  new Uppy().use(Keepsake, { client, visibility: "friends" });
  // @ts-expect-error it is an image, which has no such field
  uppy.on("upload-success", (_file, { body }) => body?.location);
}
