import type { Image } from "@keepsake/contract/schemas";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { drawnPicture } from "./drawnPicture.ts";
import type { Owner } from "./stack.ts";
import { fileOf } from "./uploadRequests.ts";

/** Retries an assertion: the page waits for the network. */
export const eventually = <Value>(read: () => Value | Promise<Value>) => expect.poll(read);

/** The lightbox, and no dialog above it. */
export const lightbox = (page: Page) =>
  page.getByRole("dialog").filter({ has: page.getByRole("button", { name: "Next image" }) });

/** The picture that it shows. */
export const picture = (page: Page) => lightbox(page).getByRole("img");

/** How large the picture is drawn on the screen, and where its centre is, in px. */
export const drawn = (page: Page) =>
  picture(page).evaluate((image) => {
    const { left, top, width, height } = image.getBoundingClientRect();
    return { width, height, x: left + width / 2, y: top + height / 2 };
  });

/** The address of the copy that the picture shows. */
export const source = (page: Page) =>
  picture(page).evaluate((image) => (image as HTMLImageElement).currentSrc);

/** The link in the gallery that opens an image. */
export const tile = (page: Page, image_id: string) => page.locator(`[data-image="${image_id}"] a`);

/** Publishes photos, the last of which is the first of the gallery. */
export async function photos(
  owner: Owner,
  names: string[],
  size = { width: 1_600, height: 1_200 },
) {
  const images: Image[] = [];
  for (const [index, name] of names.entries()) {
    // a pixel wider each: the same bytes would be the same file
    const drawing = drawnPicture(size.width + index, size.height);
    images.push(
      await owner.client.upload(fileOf(await drawing.jpeg().toBuffer(), name, "image/jpeg")),
    );
  }
  return images;
}

/** Touches the screen with fingers at these points, moves each to the next point in steps, and lifts them. */
export async function touch(page: Page, fingers: { from: Point; to: Point }[], steps = 8) {
  const devtools = await page.context().newCDPSession(page);
  const at = (progress: number) =>
    fingers.map(({ from, to }, id) => ({
      id,
      x: from.x + (to.x - from.x) * progress,
      y: from.y + (to.y - from.y) * progress,
    }));
  const send = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: object[]) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints } as never);
  await send("touchStart", at(0));
  for (let step = 1; step <= steps; step += 1) await send("touchMove", at(step / steps));
  await send("touchEnd", []);
  await devtools.detach();
}

type Point = { x: number; y: number };
