import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@keepsake/local/embedded/listen";
import { remotePhone } from "@keepsake/local/embedded/telegram/remotePhone";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { codeBlocks } from "../docs/codeBlocks.ts";
import { testPicture } from "../products/testPicture.ts";
import { type Example, installExample } from "./support/installExample.ts";

let example: Example;
let program: string;
beforeAll(async () => {
  example = await installExample("telegram-bot");
  program = await readFile(join(example.folder, "keepPhotos.mjs"), "utf8");
  const { output } = example.start();
  await vi.waitFor(() => expect(output()).toBe("@my_bot waits for pictures\n"), 30_000);
}, 120_000);
afterAll(() => example?.remove());

const guide = codeBlocks("docs/guides/bot.md").filter(({ language }) => language === "js");

describe("examples/telegram-bot, with the packed client", () => {
  const phoneOf = (id: number) =>
    remotePhone(inject("keepsake").telegram, { id, first_name: "Mira" }, "my_bot");

  test("answers a photo with its permanent URL, and the same photo with the same", async () => {
    const phone = phoneOf(11);
    const bytes = new Uint8Array(testPicture());
    await phone.sendPhoto(bytes);
    const { text } = await phone.waitForReply(20_000);
    expect(Buffer.from(await (await fetch(text!)).arrayBuffer())).toEqual(Buffer.from(bytes));

    await phone.sendPhoto(bytes);
    expect((await phone.waitForReply(20_000)).text).toBe(text);
    await phoneOf(12).sendPhoto(bytes);
    expect((await phoneOf(12).waitForReply(20_000)).text).not.toBe(text);
  });

  test("takes a picture that is sent as a file, and says why it does not keep another file", async () => {
    const phone = phoneOf(13);
    const picture = { file_name: "mira.png", mime_type: "image/png" };
    await phone.sendDocument(new Uint8Array(testPicture()), picture);
    expect((await phone.waitForReply(20_000)).text).toMatch(/^http\S+\.png$/);

    await phone.sendDocument(new Uint8Array(Buffer.from("not a picture")), picture);
    expect((await phone.waitForReply(20_000)).text).toMatch(/^This picture is not kept\. [A-Z]/);
    const text = { file_name: "a.txt", mime_type: "text/plain" };
    await phone.sendDocument(new Uint8Array(Buffer.from("text")), text);
    expect((await phone.waitForReply(20_000)).text).toBe("Please send a picture.");
  });

  test("has at most 30 lines that a bot's author writes", () => {
    const code = program.replace(/\/\*[\s\S]*?\*\//g, "").split("\n");
    expect(code.filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(30);
  });
});

describe("docs/guides/bot.md", () => {
  test("shows lines of the example", () => {
    const shown = guide.filter(({ text }) => !text.includes("import"));
    expect(shown).toHaveLength(2);
    for (const { text } of shown) expect(program).toContain(text);
  });

  test("has a webhook that may replace the example's long polling", async () => {
    const webhook = guide.find(({ text }) => text.includes("webhookCallback"))!.text;
    const polling = /await bot\.start\(.*/.exec(program)![0];
    const onWebhook = program.replace(polling, webhook);
    await writeFile(join(example.folder, "onWebhook.mjs"), onWebhook);

    const { telegram } = inject("keepsake");
    const opened = await fetch(`${telegram}/bots?name=webhook_bot`, { method: "POST" });
    const { result } = (await opened.json()) as { result: { token: string } };
    const port = await freePort();
    const { output } = example.start(["node", "onWebhook.mjs"], {
      TELEGRAM_BOT_TOKEN: result.token,
      PORT: String(port),
      BOT_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
      BOT_WEBHOOK_SECRET: "s3cret",
    });
    const phone = remotePhone(telegram, { id: 14, first_name: "Mira" }, "webhook_bot");
    await phone.sendPhoto(new Uint8Array(testPicture()));
    const { text } = await phone.waitForReply(20_000).catch(({ message }) => {
      throw new Error(`${message}\n${output()}`);
    });
    expect((await fetch(text!)).status).toBe(200);
    const forged = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    expect((await fetch(`http://127.0.0.1:${port}/`, forged)).status).toBe(401);
  });
});
