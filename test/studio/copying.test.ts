import { copyTexts } from "@keepsake/studio/images/copying/copyTexts";
import { describe, expect, test as unit } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { eventually, lightbox, photos } from "../support/lightboxPages.ts";
import { test } from "../support/studio.ts";

const image = {
  url: "https://cdn.example/images/1.jpg",
  alt: "A beach",
  width: 1_600,
  height: 1_200,
  variants: [
    { url: "https://cdn.example/images/1.w320.webp", width: 320, height: 240 },
    { url: "https://cdn.example/images/1.w960.webp", width: 960, height: 720 },
  ],
};

const nasty = [
  `"><script>alert(1)</script>`,
  `a "quoted" & <b>bold</b> &amp; &#34; 'single'`,
  "![nested](https://example.com) [link](javascript:alert(1)) `code` *em* _em_ ~~gone~~ \\",
  "] (not the end)",
  "<https://example.com> https://example.com |table| $1$ ^2^ :smile:",
  "dusk at sea, שקיעה 日没",
];

describe("an image copied as text", () => {
  unit("is its URL, Markdown, an <img>, and one with its sizes", () => {
    expect(copyTexts(image)).toEqual({
      url: "https://cdn.example/images/1.jpg",
      markdown: "![A beach](https://cdn.example/images/1.jpg)",
      html: '<img src="https://cdn.example/images/1.jpg" width="1600" height="1200" alt="A beach">',
      srcset:
        '<img src="https://cdn.example/images/1.jpg" srcset="https://cdn.example/images/1.w320.webp 320w, https://cdn.example/images/1.w960.webp 960w, https://cdn.example/images/1.jpg 1600w" sizes="100vw" width="1600" height="1200" alt="A beach">',
    });
    expect(copyTexts({ ...image, variants: [] })!.srcset).toBe(copyTexts(image)!.html);
    expect(copyTexts({ ...image, alt: null })!.markdown).toBe(
      "![](https://cdn.example/images/1.jpg)",
    );
    expect(copyTexts({ ...image, url: null })).toBeNull();
  });

  unit("is one element with one alt text, whatever the alt text is", async () => {
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    for (const alt of nasty) {
      const url = "https://cdn.example/private/1.png?X-Amz-Date=1&X-Amz-Signature=%22a%22&b=c)d";
      const texts = copyTexts({ ...image, url, alt })!;
      for (const html of [texts.html, texts.srcset]) {
        const parsed = await page.evaluate((html) => {
          const { body } = new DOMParser().parseFromString(html, "text/html");
          const [first] = body.children;
          const attributes = Object.fromEntries(
            Array.from(first!.attributes, ({ name, value }) => [name, value]),
          );
          return {
            elements: body.querySelectorAll("*").length,
            text: body.textContent,
            attributes,
          };
        }, html);
        expect(parsed).toMatchObject({ elements: 1, text: "", attributes: { alt, src: url } });
        expect(Object.keys(parsed.attributes).filter((name) => name.startsWith("on"))).toEqual([]);
      }
    }
  });

  unit(
    "is one image in Markdown: no mark of the alt text means anything, and no parenthesis ends the URL",
    () => {
      for (const alt of nasty) {
        const { markdown } = copyTexts({ ...image, url: "https://cdn.example/a_(1) 2.jpg", alt })!;
        const [, text = "", destination] = /^!\[((?:\\.|[^\\[\]])*)\]\(([^\s()<>]+)\)$/s.exec(
          markdown,
        )!;
        expect(destination).toBe("https://cdn.example/a_%281%29%202.jpg");
        expect(text.replace(/\\(.)/g, "$1")).toBe(alt);
        // every mark that begins something in CommonMark or GitHub's is escaped
        expect(text.replace(/\\./g, "")).not.toMatch(/[`*_~[\]<>&|$^:!]/);
      }
      expect(copyTexts({ ...image, alt: "one\n\n# two" })!.markdown).toContain("![one # two](");
    },
  );
});

test("the lightbox copies an image as its address, Markdown, HTML, and HTML with sizes", async ({
  owner,
  open,
}) => {
  const [photo] = await photos(owner, ["copied.jpg"]);
  const { image_id } = photo!;
  const alt = `The "old" pier <at> [dusk]`;
  const { image } = await owner.client.updateImage({ image_id, alt });
  const page = await open(`/images/${image_id}`);
  const texts = copyTexts(image)!;
  for (const [name, text] of [
    ["Address", texts.url],
    ["Markdown", texts.markdown],
    ["HTML", texts.html],
    ["HTML with sizes", texts.srcset],
  ] as const) {
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await lightbox(page).getByRole("button", { name, exact: true }).click();
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toBe(text);
    await lightbox(page).getByText("Copied", { exact: true }).last().waitFor();
  }
});

test("the lightbox downloads the file under the image's name, and opens it in a new tab", async ({
  owner,
  open,
}) => {
  const [photo] = await photos(owner, ["named.png"]);
  const page = await open(`/images/${photo!.image_id}`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    lightbox(page).getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("named.png.jpg"); // it is a JPEG
  const link = lightbox(page).getByRole("link", { name: "Open in a new tab" });
  expect(await link.getAttribute("href")).toBe(photo!.url);
  expect(await link.getAttribute("rel")).toBe("noreferrer");
});
