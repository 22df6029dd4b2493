import { expect, test } from "vitest";
import type { UploadPage } from "./uploadPage.ts";

/** What a user can do with the uploads of a page, whatever it is built with. */
export function testUploads(open: () => Promise<UploadPage>) {
  const withPage = (name: string, check: (opened: UploadPage) => Promise<void>) =>
    test(name, async () => {
      const opened = await open();
      await check(opened);
      expect(opened.errors).toEqual([]);
      await opened.page.close();
    });

  withPage(
    "uploads 25 files with one count and progress for all, and shows them",
    async (opened) => {
      const counts = await opened.counts();
      const names = await opened.choose(25);
      await expect.poll(() => opened.summary.textContent(), soon).toBe("25 files uploaded");
      const seen = await counts();
      const published = seen.map((text) => Number(/^(\d+) of 25$/.exec(text)?.[1]));
      expect(published.length).toBeGreaterThan(5);
      expect(published).toEqual(published.toSorted((a, b) => a - b));
      for (const name of names) await opened.page.getByAltText(name).waitFor();
      const widths = await opened.pictures.evaluateAll((pictures) =>
        Promise.all(
          (pictures as HTMLImageElement[]).slice(0, 25).map(async (picture) => {
            picture.loading = "eager";
            await picture.decode();
            return picture.naturalWidth;
          }),
        ),
      );
      expect(widths.filter((width) => width > 0)).toHaveLength(25);
    },
  );

  withPage("cancels a file while it is sent, and nothing of it is published", async (opened) => {
    const answerAgain = await opened.sending("nothing");
    const [name] = await opened.choose(1);
    await opened.rows("uploading").waitFor();
    await opened.page.getByRole("button", { name: `Cancel ${name}` }).click();
    await opened.rows("cancelled").waitFor();
    await answerAgain();
    await opened.page.reload();
    await opened.pictures.first().waitFor();
    expect(await opened.page.getByAltText(name!).count()).toBe(0);
  });

  withPage("sends a file again that the store refused", async (opened) => {
    const answerAgain = await opened.sending("refusal");
    const [name] = await opened.choose(1);
    await opened.rows("failed").waitFor();
    expect(await opened.summary.textContent()).toBe("1 file failed");
    await answerAgain();
    await opened.page.getByRole("button", { name: `Retry ${name}` }).click();
    await opened.page.getByAltText(name!).waitFor();
    expect(await opened.rows("published").count()).toBe(1);
  });

  withPage("waits while the browser is offline, and goes on by itself", async (opened) => {
    await opened.page.context().setOffline(true);
    const names = await opened.choose(3);
    await expect.poll(() => opened.rows("offline").count(), soon).toBe(3);
    expect(await opened.summary.textContent()).toMatch(/^No connection/);
    await opened.page.context().setOffline(false);
    await expect.poll(() => opened.rows("published").count(), soon).toBe(3);
    for (const name of names) await opened.page.getByAltText(name).waitFor();
  });
}

const soon = { timeout: 25_000 };
