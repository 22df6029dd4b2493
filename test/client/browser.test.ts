import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { gpsJpeg, noisePng, png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

/** The typed client, bundled for a page, as `window.keepsake`. */
let script: string;
let browser: Browser;

beforeAll(async () => {
  const entry = createRequire(import.meta.url).resolve("@keepsake/client");
  const [bundle, launched] = await Promise.all([
    build({
      entryPoints: [entry],
      bundle: true,
      format: "iife",
      globalName: "keepsake",
      write: false,
    }),
    launchBrowser(),
  ]);
  script = bundle.outputFiles[0]!.text;
  browser = launched;
});
afterAll(() => browser?.close());

describe("a page on another origin", () => {
  test("uploads a file with progress, and shows it from the CDN", async ({ stack, owner }) => {
    const page = await open(inject("pages").allowed);
    await throttle(page, 3_000_000);
    const bytes = await noisePng(900);

    const uploaded = await page.evaluate(
      async ({ api, token, base64 }) => {
        const { createClient } = (window as unknown as Window).keepsake;
        const client = createClient({ baseUrl: api, token });
        const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
        const file = new File([blob], "noise.png", { type: "image/png" });
        const progress: number[] = [];
        const image = await client.upload(file, {
          onProgress: ({ loaded, total }) => progress.push(loaded / total),
        });
        const picture = new Image();
        picture.src = image.url!;
        await picture.decode();
        return { image, progress, shown: picture.naturalWidth };
      },
      await asCaller(stack, owner.sub, bytes),
    );

    expect(uploaded.image).toMatchObject({ status: "published", filename: "noise.png" });
    expect(uploaded.progress.length).toBeGreaterThan(1);
    expect(uploaded.progress).toEqual(uploaded.progress.toSorted((a, b) => a - b));
    expect(uploaded.progress.at(-1)).toBe(1);
    expect(uploaded.shown).toBe(900);
    await page.close();
  });

  test("gets 412 for a second PUT, 403 for another content type, and 400 for other bytes", async ({
    stack,
    owner,
  }) => {
    const page = await open(inject("pages").allowed);
    const bytes = await png(64, "#0a0b0c");

    const statuses = await page.evaluate(
      async ({ api, token, base64, sha256, size }) => {
        const { createClient } = (window as unknown as Window).keepsake;
        const client = createClient({ baseUrl: api, token });
        const body = await (await fetch(`data:image/png;base64,${base64}`)).arrayBuffer();
        const presigned = await client.presignUpload({ content_type: "image/png", size, sha256 });
        const put = async (bytes: ArrayBuffer, headers = {}) => {
          const init = {
            method: "PUT",
            headers: { ...presigned.headers, ...headers },
            body: bytes,
          };
          return (await fetch(presigned.url, init)).status;
        };
        const other = new Uint8Array(size).buffer;
        return {
          otherBytes: await put(other),
          longer: await put(new Uint8Array(size + 1).buffer),
          otherType: await put(body, { "content-type": "text/html" }),
          declared: await put(body),
          again: await put(body),
        };
      },
      await asCaller(stack, owner.sub, bytes),
    );

    expect(statuses).toEqual({
      otherBytes: 400,
      longer: expect.toBeOneOf([400, 403]),
      otherType: 403,
      declared: 200,
      again: 412,
    });
    await page.close();
  });

  test("can read when to retry, and the id of its request, from the API and from a stream", async ({
    stack,
    owner,
  }) => {
    await stack.sql`
      insert into generations (generation_id, owner_id, characters)
      values (gen_random_uuid(), ${`user:${owner.sub}`}, 120)
    `;
    const page = await open(inject("pages").allowed);
    const { api, token } = await asCaller(stack, owner.sub, Buffer.from("none"));

    const answers = await page.evaluate(
      ({ urls, token }) =>
        Promise.all(
          urls.map(async (url) => {
            const headers = {
              authorization: `Bearer ${token}`,
              "content-type": "application/json",
            };
            const body = JSON.stringify({ theme: "norse", count: 1 });
            const response = await fetch(url, { method: "POST", headers, body });
            const { error } = await response.json();
            return {
              status: response.status,
              retryAfter: Number(response.headers.get("retry-after")),
              isNamed: response.headers.get("keepsake-request-id") === error.request_id,
            };
          }),
        ),
      { urls: [`${api}/characters`, stack.stream], token },
    );

    const answer = { status: 429, retryAfter: expect.toSatisfy((s) => s > 0), isNamed: true };
    expect(answers).toEqual([answer, answer]);
    await page.close();
  });

  test("can abort an upload while it is sent", async ({ stack, owner }) => {
    const page = await open(inject("pages").allowed);
    const bytes = await noisePng(2_400);

    const aborted = await page.evaluate(
      async ({ api, token, base64 }) => {
        const { createClient } = (window as unknown as Window).keepsake;
        const client = createClient({ baseUrl: api, token });
        const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
        const abort = new AbortController();
        const options = { signal: abort.signal, onProgress: () => abort.abort() };
        return client.upload(new File([blob], "big.png", { type: "image/png" }), options).then(
          () => "published",
          (error: Error) => error.name,
        );
      },
      await asCaller(stack, owner.sub, bytes),
    );

    expect(aborted).toBe("AbortError");
    expect((await owner.client.listImages()).images).toEqual([]);
    await page.close();
  });

  test("reads the ETag of what it sent, which upload widgets wait for", async ({
    stack,
    owner,
  }) => {
    const page = await open(inject("pages").allowed);
    const bytes = await png(64, "#0a0b0f");
    const etag = await page.evaluate(
      async ({ api, token, base64, sha256, size }) => {
        const { createClient } = (window as unknown as Window).keepsake;
        const client = createClient({ baseUrl: api, token });
        const body = await (await fetch(`data:image/png;base64,${base64}`)).arrayBuffer();
        const { url, headers } = await client.presignUpload({
          content_type: "image/png",
          size,
          sha256,
        });
        return new Promise((resolve) => {
          const request = new XMLHttpRequest();
          request.onload = () => resolve(request.getResponseHeader("etag"));
          request.open("PUT", url);
          for (const [name, value] of Object.entries(headers))
            request.setRequestHeader(name, value);
          request.send(body);
        });
      },
      await asCaller(stack, owner.sub, bytes),
    );
    expect(etag).toBe(`"${createHash("md5").update(bytes).digest("hex")}"`);
    await page.close();
  });

  test("that aborts an upload while it sends the file cancels it", async ({ stack, owner }) => {
    const page = await open(inject("pages").allowed);
    await throttle(page, 200_000);
    const outcome = await page.evaluate(
      async ({ api, token, base64 }) => {
        const { createClient } = (window as unknown as Window).keepsake;
        const client = createClient({ baseUrl: api, token });
        const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
        const controller = new AbortController();
        const { signal } = controller;
        const uploading = client.upload(blob, { signal, onProgress: () => controller.abort() });
        return uploading.then(
          () => "published",
          (error) => error.name,
        );
      },
      await asCaller(stack, owner.sub, await noisePng(900)),
    );
    expect(outcome).toBe("AbortError");
    const uploads = () =>
      stack.sql`select status from images where owner_id = ${`user:${owner.sub}`}`;
    await expect.poll(uploads).toEqual([]);
    await page.close();
  });

  test("is blocked from the API and the bucket unless its origin is allowed", async ({
    stack,
    owner,
  }) => {
    const page = await open(inject("pages").stranger);
    const bytes = await png(64, "#0a0b0d");
    const sent = await asCaller(stack, owner.sub, bytes);
    const { size, sha256 } = sent;
    const presigned = await owner.client.presignUpload({ content_type: "image/png", size, sha256 });

    const reached = await page.evaluate(
      async ({ api, token, base64, presigned }) => {
        const outcome = (attempt: Promise<Response>) =>
          attempt.then(
            ({ status }) => status,
            () => "blocked",
          );
        const body = await (await fetch(`data:image/png;base64,${base64}`)).arrayBuffer();
        const headers = { authorization: `Bearer ${token}` };
        return {
          api: await outcome(fetch(`${api}/images`, { headers })),
          bucket: await outcome(
            fetch(presigned.url, { method: "PUT", headers: presigned.headers, body }),
          ),
        };
      },
      { ...sent, presigned },
    );

    expect(reached).toEqual({ api: "blocked", bucket: "blocked" });
    await page.close();
  });
});

describe("a page that loads the client in parts", () => {
  test("loads the code that removes metadata with the first photo", async ({ stack, owner }) => {
    const { page, loaded } = await openWithParts();
    const sent = await asCaller(stack, owner.sub, await png(64, "#0a0b0e"));
    expect(await uploadInParts(page, sent, "image/png")).toBe("published");
    expect(loaded.filter(removesMetadata)).toEqual([]);
    const photo = await asCaller(stack, owner.sub, await gpsJpeg(64, 64));
    expect(await uploadInParts(page, photo, "image/jpeg")).toBe("published");
    expect(loaded.filter(removesMetadata)).toHaveLength(1);
    await page.close();
  });

  const removesMetadata = (part: string) => part.includes("stripMetadata");

  test("sends no photo when that code cannot be loaded", async ({ stack, owner }) => {
    const { page } = await openWithParts(/stripMetadata/);
    const photo = await asCaller(stack, owner.sub, await gpsJpeg(64, 64));
    expect(await uploadInParts(page, photo, "image/jpeg")).toBe("service.unavailable");
    expect((await owner.client.listImages()).images).toEqual([]);
    await page.close();
  });
});

/** A page with the client as a bundler splits it, in `loaded` the parts that it has loaded. */
async function openWithParts(missing?: RegExp) {
  const entry = createRequire(import.meta.url).resolve("@keepsake/client");
  const options = { bundle: true, splitting: true, format: "esm", outdir: "/parts" } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options, write: false });
  const page = await browser.newPage();
  const loaded: string[] = [];
  await page.route("**/parts/*", (route) => {
    const name = new URL(route.request().url()).pathname;
    const part = outputFiles.find(({ path }) => path.endsWith(name));
    if (!part || missing?.test(name)) return route.abort();
    loaded.push(name);
    return route.fulfill({ contentType: "text/javascript", body: part.text });
  });
  await page.goto(inject("pages").allowed);
  return { page, loaded };
}

/** The image's status, or the code of the error. */
function uploadInParts(
  page: Page,
  { api, token, base64 }: Awaited<ReturnType<typeof asCaller>>,
  type: string,
) {
  // as text: import() must be the browser's
  return page.evaluate(`(async () => {
    const { createClient } = await import("/parts/index.js");
    const client = createClient(${JSON.stringify({ baseUrl: api, token })});
    const blob = await (await fetch("data:${type};base64,${base64}")).blob();
    const file = new File([blob], "photo", { type: "${type}" });
    return client.upload(file).then(({ status }) => status, ({ code }) => code);
  })()`);
}

type Window = { keepsake: typeof import("@keepsake/client") };

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.addScriptTag({ content: script });
  return page;
}

/** Limits the page's upload rate, in bytes a second: loopback is too fast for progress events. */
async function throttle(page: Page, uploadThroughput: number) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

/** What a page needs to upload these bytes as `sub`. */
async function asCaller(
  stack: { api: string; issuer: { sign(sub: string): Promise<string> } },
  sub: string,
  bytes: Buffer,
) {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return {
    api: stack.api,
    token: await stack.issuer.sign(sub),
    base64: bytes.toString("base64"),
    size: bytes.length,
    sha256: Buffer.from(digest).toString("hex"),
  };
}
