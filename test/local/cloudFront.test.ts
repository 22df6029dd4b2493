import { readdirSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { securityHeaders } from "@keepsake/studio/headers";
import type { Settings } from "@keepsake/studio/settings";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const settings: Settings = {
  api: "http://127.0.0.1:3000",
  stream: "http://127.0.0.1:3006/",
  cdn: "http://127.0.0.1:3001",
  uploads: "http://127.0.0.1:3002",
  sweep_minutes: 1,
  sign_in: {
    by: "oidc",
    issuer: "https://issuer.example.com/",
    client_id: "</script><script>$&",
    audience: "keepsake",
    origins: ["https://keys.example.com"],
  },
};

let studio: Awaited<ReturnType<typeof startStudio>>;
beforeAll(async () => {
  studio = await startStudio({ port: 0 });
  await studio.serve({ directory: inject("studio"), settings });
});
afterAll(() => studio.stop());

describe("Studio's server", () => {
  test("holds requests until it has a page to serve", async () => {
    const server = await startStudio({ port: 0 });
    let isAnswered = false;
    const answer = fetch(server.origin).finally(() => {
      isAnswered = true;
    });
    await new Promise((resume) => setTimeout(resume, 50));
    expect(isAnswered).toBe(false);
    await server.serve({ directory: inject("studio"), settings });
    expect((await answer).status).toBe(200);
    await server.stop();
  });

  test("writes the settings into the page, where they cannot close the script element", async () => {
    const { status, headers, text } = await get("/");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("no-cache");
    const [, written = ""] = /<script [^>]*id="settings">(.*?)<\/script>/s.exec(text) ?? [];
    expect(JSON.parse(written)).toEqual(settings);
  });

  test("serves the page at each of the page's own routes", async () => {
    const { text } = await get("/");
    for (const path of ["/worlds/1", "/worlds/1?x=y", "/a.b/c", "/index.html"])
      expect((await get(path)).text).toBe(text);
  });

  test("lets browsers cache files that are named by their content for ever", async () => {
    const { text } = await get("/");
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(text) ?? [];
    const { status, headers } = await get(script);
    expect([status, headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("compresses text for browsers that accept it, and no fonts", async () => {
    const { text } = await get("/");
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(text) ?? [];
    const accepting = await raw({ path: script, headers: { "accept-encoding": "br, gzip" } });
    expect(accepting.headers).toMatchObject({
      "content-encoding": "gzip",
      vary: "accept-encoding",
    });
    const plain = (await raw({ path: script })).headers;
    expect([plain["content-encoding"], plain.vary]).toEqual([undefined, "accept-encoding"]);
    const bytes = ({ headers }: typeof accepting) => Number(headers["content-length"]);
    expect(bytes(accepting)).toBeLessThan(bytes({ headers: plain }) / 2);
    const font = readdirSync(join(inject("studio"), "assets")).find((n) => n.endsWith(".woff2"));
    const { headers } = await raw({
      path: `/assets/${font}`,
      headers: { "accept-encoding": "gzip" },
    });
    expect(headers["content-encoding"]).toBeUndefined();
  });

  test.each(["/assets/no.js", "/no.css", "/../package.json", "/%2e%2e/package.json"])(
    "has no file %s",
    async (path) => {
      expect((await raw({ path })).status).toBe(404);
    },
  );

  test("accepts GET and HEAD only", async () => {
    const { status, headers, text } = await get("/", { method: "HEAD" });
    expect([status, text]).toEqual([200, ""]);
    expect(Number(headers.get("content-length"))).toBeGreaterThan(0);
    const rejected = await get("/", { method: "POST" });
    expect([rejected.status, rejected.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("redirects requests for localhost to its one origin", async () => {
    const { port } = new URL(studio.origin);
    const moved = await raw({ path: "/worlds/1?x=y", headers: { host: `localhost:${port}` } });
    expect([moved.status, moved.headers.location]).toEqual([308, `${studio.origin}/worlds/1?x=y`]);
  });

  test("sends the security headers with every response", async ({ task }) => {
    task.meta.cases = 4;
    const { port } = new URL(studio.origin);
    const answers = [
      raw({ path: "/" }),
      raw({ path: "/no.js" }),
      raw({ path: "/", method: "DELETE" }),
      raw({ path: "/", headers: { host: `localhost:${port}` } }),
    ];
    for (const { headers } of await Promise.all(answers))
      expect(headers).toMatchObject(securityHeaders(settings));
  });
});

test("Studio's server does not serve a folder without a page", async () => {
  const empty = await startStudio({ port: 0 });
  const serving = empty.serve({ directory: import.meta.dirname, settings });
  await expect(serving).rejects.toThrow("holds no page");
  await empty.stop();
});

async function get(path: string, init?: RequestInit) {
  const response = await fetch(studio.origin + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends the path as it is, where fetch would normalise it. */
function raw(options: { path: string; method?: string; headers?: Record<string, string> }) {
  const { hostname, port } = new URL(studio.origin);
  return new Promise<{ status?: number; headers: Record<string, unknown> }>((resolve, reject) => {
    httpRequest({ hostname, port, ...options }, (response) => {
      response.resume();
      resolve({ status: response.statusCode!, headers: response.headers });
    })
      .on("error", reject)
      .end();
  });
}
