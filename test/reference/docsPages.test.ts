import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { openapi } from "@keepsake/contract/openapi/document";
import { answer } from "@keepsake/functions/reference/compressedFileResponse";
import { referencePage } from "@keepsake/functions/reference/referencePage";
import { beforeAll, describe, expect } from "vitest";
import { testWithoutConsumers as test } from "../support/stack.ts";

// as `npm test` does; with the file in place it does nothing
beforeAll(() => {
  execFileSync(process.execPath, ["functions/reference/installScalarViewer.mjs", "--required"]);
}, 60_000);

type Answer = { status: number; headers: Record<string, string | undefined>; body: Buffer };

/** Sends a request as a browser does, and does not decompress the answer. */
const send = (url: string, method: string, headers: Record<string, string> = {}) =>
  new Promise<Answer>((resolve, reject) => {
    request(url, { method, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const { statusCode: status = 0 } = response;
      resolve({ status, headers: response.headers as never, body: Buffer.concat(chunks) });
    })
      .on("error", reject)
      .end();
  });

const gzip = { "accept-encoding": "gzip, deflate, br" };
const scriptOf = (html: string) => /<script src="([^"]+)"/.exec(html)![1]!;

describe("GET /docs", () => {
  test("answers a page that is asked for again each time, with a policy of its own origin", async ({
    stack,
  }) => {
    const { status, headers, body } = await send(`${stack.api}/docs`, "GET");
    expect([status, headers["cache-control"]]).toEqual([200, "no-cache"]);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(body.toString()).not.toMatch(/https?:\/\//);
  });

  test("names a script that a browser keeps for ever, in 1 MB of gzip", async ({ stack }) => {
    const page = await send(`${stack.api}/docs`, "GET");
    const script = stack.api + scriptOf(page.body.toString());
    const sent = await send(script, "GET", gzip);
    expect(sent.status).toBe(200);
    expect(sent.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "content-encoding": "gzip",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    expect(sent.body.length).toBeLessThan(1_100_000);
    const plain = await send(script, "GET", { "accept-encoding": "gzip;q=0, br" });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.body.equals(gunzipSync(sent.body))).toBe(true);
  });

  test.for(["/docs", "/docs/errors", "script"])(
    "%s answers HEAD without a body, and 304 to a browser that has it",
    async (target, { stack }) => {
      const page = await send(`${stack.api}/docs`, "GET");
      const url = stack.api + (target === "script" ? scriptOf(page.body.toString()) : target);
      const { headers } = await send(url, "GET", gzip);
      const head = await send(url, "HEAD", gzip);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const name of ["etag", "content-type", "cache-control", "content-security-policy"])
        expect(head.headers[name]).toBe(headers[name]);
      for (const known of [headers.etag!, `"other", W/${headers.etag}`, "*"]) {
        const kept = await send(url, "GET", { ...gzip, "if-none-match": known });
        expect([known, kept.status, kept.body.length]).toEqual([known, 304, 0]);
        expect(kept.headers["cache-control"]).toBe(headers["cache-control"]);
      }
      expect((await send(url, "GET", { "if-none-match": '"other"' })).status).toBe(200);
    },
  );

  test("is 404 for any other file below it", async ({ stack }) => {
    for (const file of ["nothing", "errors.html", "%2e%2e", "0000000000000000.js", "LICENSE"]) {
      const { status, body } = await send(`${stack.api}/docs/${file}`, "GET");
      expect([file, status, body.toString()]).toEqual([
        file,
        404,
        expect.stringContaining('"route.not_found"'),
      ]);
    }
  });

  test("is what the OpenAPI document names as its documentation", async ({ stack }) => {
    const { externalDocs, info } = openapi();
    expect(info.description).toContain("](/docs/errors)");
    expect((await send(stack.api + externalDocs!.url, "GET")).status).toBe(200);
  });

  test("says what is missing and how to get it, where the registry could not be reached", () => {
    const { statusCode, headers, body = "" } = answer(referencePage(undefined), {});
    const html = Buffer.from(body, "base64").toString();
    expect(statusCode).toBe(503);
    expect(headers?.["content-security-policy"]).not.toContain("script-src");
    expect(html).toContain("<h1>The reference is not installed</h1>");
    expect(html).toContain("<code>npm run docs-viewer</code>");
    expect(html).toContain('href="/openapi.json"');
    expect(html).toContain('href="/docs/errors"');
  });
});
