import type { Page } from "playwright-core";
import { expect } from "vitest";
import { png } from "./images.ts";
import type { Owner } from "./stack.ts";
import { test as studioTest } from "./studio.ts";

/** Studio's `test`. `openGenerated` opens the Create page and generates so many characters. */
export const test = studioTest.extend(
  "openGenerated",
  ({ open }) =>
    async (theme: string, count: number) => {
      const page = await open("/");
      await generate(page, theme, count);
      return page;
    },
);

/** Generates characters on the Create page, and waits until all are there. */
export async function generate(page: Page, theme: string, count: number) {
  await fillForm(page, theme, count);
  await page.getByRole("button", { name: /^Generate/ }).click();
  await page.getByText(new RegExp(`^${count} characters? ready$`)).waitFor();
}

export async function fillForm(page: Page, theme: string, count: number) {
  await themeField(page).fill(theme);
  await page.getByLabel("How many").selectOption(String(count));
}

export const themeField = (page: Page) => page.getByRole("textbox", { name: "Theme", exact: true });

/** Retries an assertion: the page waits for the network. */
export const poll = <Value>(read: () => Value | Promise<Value>) => expect.poll(read);

/** Reloads the page when all of its drafts are stored; before, the browser would ask whether to leave it. */
export async function reload(page: Page) {
  await page.waitForFunction(() => dispatchEvent(new Event("beforeunload", { cancelable: true })));
  await page.reload();
}

/** The names on the cards. */
export const cardNames = (page: Page) =>
  page.getByRole("article").getByRole("heading").allInnerTexts();

/** The newest world of the owner. */
export async function newestWorld({ client }: Owner) {
  const { worlds } = await client.listWorlds();
  return (await client.getWorld({ world_id: worlds[0]!.world_id })).world;
}

/** The bodies of the requests that the page sends to this stream from now on. */
export function sentToStream(page: Page, stream: string): unknown[] {
  const bodies: unknown[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(stream) && request.method() === "POST")
      bodies.push(request.postDataJSON());
  });
  return bodies;
}

/** What the Create page has stored in the browser, without portraits. */
export const storedDrafts = (page: Page, name: string) =>
  storedValue(page, `keepsake create page of ${name}`) as Promise<
    { title: string; form: { prompt: string }; drafts: object[]; creation?: object } | undefined
  >;

const storedValue = (page: Page, key: string) =>
  page.evaluate(async (key) => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open("keyval-store"));
    if (!database.objectStoreNames.contains("keyval")) return undefined;
    const stored = await done(database.transaction("keyval").objectStore("keyval").get(key));
    database.close();
    return stored;
  }, key);

/** A character as the stream sends it. */
export const draftText = (name: string) => ({
  type: "character",
  name,
  description: "Dives for bells.",
  details: { traits: ["Patient"] },
});

/** Replaces the stream of the page until it is reloaded: the test emits its events. */
export async function fakeStream(page: Page) {
  await page.evaluate(() => {
    const send = window.fetch;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    Object.assign(window, {
      emit: (text: string) => writer.write(new TextEncoder().encode(text)),
      cut: () => writer.abort(new TypeError("network error")),
    });
    window.fetch = async (input, init) => {
      if (!String(init?.body).includes('"theme"') || String(init?.body).includes('"pieces"'))
        return send(input, init);
      init?.signal?.addEventListener("abort", () => writer.abort(init.signal?.reason));
      return new Response(readable, { headers: { "content-type": "text/event-stream" } });
    };
  });
  type Faked = { emit(text: string): void; cut(): void };
  const emit = (type: string, data: object) =>
    page.evaluate(
      (text) => (window as unknown as Faked).emit(text),
      `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`,
    );
  return {
    emit,
    emitCharacter: (index: number, name: string) =>
      emit("character", { index, character: draftText(name) }),
    emitPortrait: async (index: number) =>
      emit("portrait", { index, image_portrait_base64: (await png(64)).toString("base64") }),
    /** The connection fails. */
    cut: () => page.evaluate(() => (window as unknown as Faked).cut()),
  };
}
