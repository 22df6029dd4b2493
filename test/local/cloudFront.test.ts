import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { securityHeaders } from "@keepsake/studio/securityHeaders";
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
    const plain = (await raw({ path: script })).headers;
    expect([plain["content-encoding"], plain.vary]).toEqual([undefined, "accept-encoding"]);
    for (const [accepted, encoding] of [
      ["gzip, deflate, br", "br"],
      ["gzip", "gzip"],
    ] as const) {
      const { headers } = await raw({ path: script, headers: { "accept-encoding": accepted } });
      expect(headers).toMatchObject({ "content-encoding": encoding, vary: "accept-encoding" });
      expect(Number(headers["content-length"])).toBeLessThan(Number(plain["content-length"]) / 2);
      const decoded = await fetch(studio.origin + script, {
        headers: { "accept-encoding": accepted },
      });
      expect(await decoded.text()).toBe((await get(script)).text);
    }
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

describe("sign-in by name at Studio's server", () => {
  const byName: Settings = { ...settings, sign_in: { by: "name" } };

  test("turns a name into a page token for its own page only", async ({ task }) => {
    const asked: string[] = [];
    const api = createServer(async (request, response) => {
      const { authorization } = request.headers;
      asked.push(`${request.method} ${request.url} ${authorization} ${await text(request)}`);
      response.writeHead(201, { "content-type": "application/json" });
      response.end(JSON.stringify({ token: "a-token", expires_at: "2026-01-01T00:00:00.000Z" }));
    }).listen(0, "127.0.0.1");
    await once(api, "listening");
    const { port } = api.address() as AddressInfo;
    const server = await startStudio({ port: 0 });
    await server.serve({
      directory: inject("studio"),
      settings: { ...byName, api: `http://127.0.0.1:${port}` },
      serviceKey: "ks_local",
    });
    const signIn = (headers: Record<string, string>) =>
      fetch(`${server.origin}/sign-in`, { method: "POST", headers, body: '{"name":"alice"}' });

    const response = await signIn({ origin: server.origin });
    expect(await response.json()).toEqual({
      token: "a-token",
      expires_at: "2026-01-01T00:00:00.000Z",
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(asked).toEqual(['POST /tokens Bearer ks_local {"owner":"alice"}']);

    const others = [
      "https://evil.example",
      "null",
      server.origin.replace("127.0.0.1", "localhost"),
    ];
    const refused: Record<string, string>[] = [{}, ...others.map((origin) => ({ origin }))];
    task.meta.cases = refused.length;
    for (const headers of refused) {
      const { status, headers: answered } = await signIn(headers);
      expect([headers, status]).toEqual([headers, 403]);
      expect(answered.get("access-control-allow-origin")).toBeNull();
    }
    expect((await fetch(`${server.origin}/sign-in`)).headers.get("content-type")).toMatch(/html/);
    expect(asked).toHaveLength(1);
    await server.stop();
    api.close();
    api.closeAllConnections();
  });

  test("passes on that the API refuses a name, or does not answer", async () => {
    const server = await startStudio({ port: 0 });
    const api = "http://127.0.0.1:9";
    const served = { directory: inject("studio"), settings: { ...byName, api } };
    await server.serve({ ...served, serviceKey: "ks_local" });
    const headers = { origin: server.origin };
    const response = await fetch(`${server.origin}/sign-in`, {
      method: "POST",
      headers,
      body: "?",
    });
    expect(response.status).toBe(503);
    await server.stop();
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
