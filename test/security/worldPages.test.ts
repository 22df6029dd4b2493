import { randomBytes } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { png } from "../support/images.ts";
import { deliver, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser?.close());

const attacks = [
  `<script>document.title = "attacked"</script>`,
  `<img src="https://attacker.example/a.png" onerror="document.title='attacked'">`,
  `"><svg onload="document.title='attacked'">`,
  `' onmouseover='document.title=1' "onload="document.title=1" x=`,
  `</title></style></textarea></main><h1 id="attacked">x</h1>`,
  `--></script><!--<style>* { display: none }</style>`,
  `<a href="javascript:document.title='attacked'">here</a>`,
  `<meta http-equiv="refresh" content="0;url=https://attacker.example/">`,
  `<base href="https://attacker.example/"><link rel="stylesheet" href="//attacker.example/x.css">`,
  `&lt;script&gt;&amp;&#60;b&#62;`,
  "\u202e\u2066\u200b\ufeff{{7*7}}${7*7}<%= 7*7 %>",
];

describe("markup on the public page of a world", () => {
  test("in any text of its owner is text, and nothing of it runs or loads", {
    timeout: 90_000,
  }, async ({ stack, owner: { client }, task }) => {
    task.meta.cases = attacks.length * 6;
    const image = await client.upload(fileOf(await png(64, "#0b0b0b")));
    const plain = await shapeOf(stack.api, await publishWorld("plain"));
    for (const attack of attacks) {
      const shape = await shapeOf(stack.api, await publishWorld(attack));
      expect(shape, attack).toEqual(plain);
    }

    /** A world with the text in every place that has one, and its page. */
    async function publishWorld(text: string) {
      await client.updateImage({ image_id: image.image_id, alt: text });
      const piece = {
        type: "character" as const,
        name: text,
        description: text,
        details: {
          traits: [text.slice(0, 100)],
          image: text,
          url: "javascript:alert(1)",
          [text]: text,
        },
        portrait_image_id: image.image_id,
      };
      const about = { theme: text.slice(0, 100), title: text, story: text };
      const { world } = await client.createWorld({
        ...about,
        image_id: image.image_id,
        pieces: [piece],
      });
      const { piece_id } = world.pieces[0]!;
      await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
      return { text, page: (await client.publishWorldPage(world)).page };
    }
  });

  test("in a portrait's URL is neither an address nor another word of the policy", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({
      theme: "x",
      pieces: [{ type: "character", name: "Mira", description: "", details: {} }],
    });
    const { page } = await client.publishWorldPage(world);
    const urls = [
      "javascript:alert(1)",
      "data:image/svg+xml,<svg onload=alert(1)>",
      `https://a.example/"onerror="alert(1)`,
      "https://*/x.png",
      "https://a.example;script-src/x.png",
      "//attacker.example/x.png",
      "no address",
    ];
    for (const url of urls) {
      // as no caller can: only publishing writes it
      await stack.sql`
        update lore_pieces set portrait_status = 'published',
          details = jsonb_build_object('image_portrait', ${url}::text)
        where world_id = ${world.world_id}
      `;
      const response = await fetch(page.url);
      expect([url, response.status]).toEqual([url, 200]);
      const policy = response.headers.get("content-security-policy")!;
      expect(policy).toMatch(
        /^default-src 'none'; img-src data:( https:\/\/a\.example)?; style-src 'sha256-[\w+/=]+'; base-uri/,
      );
      expect(await response.text()).not.toMatch(/javascript:|data:image|"onerror="|<svg|attacker/);
    }
  });

  test("does not come back from the address either", async ({ stack }) => {
    for (const id of [
      "<img src=x onerror=alert(1)>",
      `"onload="x`,
      randomBytes(16).toString("hex"),
    ]) {
      const response = await fetch(`${stack.api}/w/${encodeURIComponent(id)}`);
      expect(response.status).toBe(404);
      const html = await response.text();
      expect(html).not.toContain("alert");
      expect(html).not.toContain("onload");
      expect(html).not.toContain(id);
    }
  });
});

/** What a page consists of without its texts. Fails when something of it ran, or was asked of another origin. */
async function shapeOf(api: string, { text, page }: { text: string; page: { url: string } }) {
  const tab = await (await browser.newContext()).newPage();
  const problems: string[] = [];
  tab.on("request", (request) => {
    if (new URL(request.url()).hostname.includes("attacker")) problems.push(request.url());
  });
  tab.on("pageerror", (error) => problems.push(`${error}`));
  tab.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await tab.goto(page.url);
  expect(await tab.evaluate(() => document.querySelector("title")!.textContent)).toBe(text);
  expect(tab.url()).toBe(page.url);
  expect(page.url.startsWith(api)).toBe(true);
  const shown = await tab.evaluate(() => ({
    elements: [...document.querySelectorAll("*")].map(
      (element) => `${element.localName} ${element.getAttributeNames().join(" ")}`,
    ),
    heading: document.querySelector("h1")!.textContent,
    name: document.querySelector("h3")!.textContent,
    trait: document.querySelector(".traits li")!.textContent,
    alts: [...document.querySelectorAll("img")].map(({ alt }) => alt),
  }));
  await tab.context().close();
  expect(problems).toEqual([]);
  const { elements, ...texts } = shown;
  expect(texts).toEqual({
    heading: text,
    name: text,
    trait: text.slice(0, 100),
    alts: [text, text],
  });
  return elements;
}
