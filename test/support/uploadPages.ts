import type { Page } from "playwright-core";
import { png } from "./images.ts";

export type Chosen = { name: string; type?: string; bytes: Buffer };

/** A picture of 64 × 64 px in one colour. */
export const pictureFile = async (name: string, colour: string): Promise<Chosen> => ({
  name,
  bytes: await png(64, colour),
});

/** Pictures of different colours, so that none is another's bytes. */
export const pictureFiles = (count: number, prefix = "picture"): Promise<Chosen[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => {
      const colour = `#${(0x203040 + index * 0x010305 + prefix.length * 0x100000).toString(16).padStart(6, "0")}`;
      return pictureFile(`${prefix}${index}.png`, colour);
    }),
  );

/** Chooses files on the page of images, as the browser's own dialog would. */
export const choose = (page: Page, files: Chosen[]) =>
  page
    .getByRole("region", { name: "Add pictures" })
    .locator("input[type=file]")
    .setInputFiles(
      files.map(({ name, type = "image/png", bytes }) => ({ name, mimeType: type, buffer: bytes })),
    );

/** What shows the uploads on every page. */
export const tray = (page: Page) => page.getByRole("region", { name: "Uploads", exact: true });

/** The row of an upload. */
export const row = (page: Page, name: string) =>
  tray(page).getByRole("listitem").filter({ hasText: name });

/** Its headline, such as "3 of 5 pictures uploaded". */
export const headline = (page: Page, name: string | RegExp) =>
  tray(page).getByRole("heading", { name, exact: true });

/** A picture in the gallery. */
export const picture = (page: Page, name: string) =>
  page.getByRole("main").getByRole("img", { name, exact: true });

/** Limits the page's uploads to so many bytes a second; -1 removes the limit. */
export async function throttle(page: Page, uploadThroughput: number) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

/** A `DataTransfer` with files, as dragging makes it. A number stands for that many zero bytes. */
export function dataTransferOf(
  page: Page,
  files: { name: string; type?: string; bytes: Buffer | number }[],
) {
  return page.evaluateHandle(
    (files) => {
      const dataTransfer = new DataTransfer();
      for (const { name, type, content } of files) {
        const bytes =
          typeof content === "number"
            ? new Uint8Array(content)
            : Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name, { type }));
      }
      return dataTransfer;
    },
    files.map(({ name, type = "image/png", bytes }) => ({
      name,
      type,
      content: typeof bytes === "number" ? bytes : bytes.toString("base64"),
    })),
  );
}

/** The names of the owner's images, oldest first. */
export const namesOf = async ({ client }: Pick<import("./stack.ts").Owner, "client">) => {
  const { images } = await client.listImages({ limit: 100 });
  return images.map(({ filename }) => filename).reverse();
};
