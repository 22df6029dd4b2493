import { request as httpRequest } from "node:http";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { securityHeaders } from "@keepsake/studio/headers";
import type { Settings } from "@keepsake/studio/settings";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const settings: Settings = {
  api: "http://127.0.0.1:3000",
  stream: "http://127.0.0.1:3006/",
  cdn: "http://127.0.0.1:3001",
  uploads: "http://127.0.0.1:3002",
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

describe("the page's server", () => {
  test("lets requests wait until it knows what to answer", async () => {
    const late = await startStudio({ port: 0 });
    let isAnswered = false;
    const answer = fetch(late.origin).finally(() => {
      isAnswered = true;
    });
    await new Promise((resume) => setTimeout(resume, 50));
    expect(isAnswered).toBe(false);
    await late.serve({ directory: inject("studio"), settings });
    expect((await answer).status).toBe(200);
    await late.stop();
  });

  test("writes the settings into the page, where they end no script", async () => {
    const { status, headers, text } = await ask("/");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("no-cache");
    const [, written = ""] = /<script [^>]*id="settings">(.*?)<\/script>/s.exec(text) ?? [];
    expect(JSON.parse(written)).toEqual(settings);
  });

  test("answers the page's own routes with the page", async () => {
    const { text } = await ask("/");
    for (const path of ["/worlds/1", "/worlds/1?x=y", "/a.b/c", "/index.html"])
      expect((await ask(path)).text).toBe(text);
  });

  test("lets what is named by its content be kept for good", async () => {
    const { text } = await ask("/");
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(text) ?? [];
    const { status, headers } = await ask(script);
    expect([status, headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test.each(["/assets/no.js", "/no.css", "/../package.json", "/%2e%2e/package.json"])(
    "has no %s",
    async (path) => {
      expect((await raw({ path })).status).toBe(404);
    },
  );

  test("is read, and nothing else", async () => {
    const { status, headers, text } = await ask("/", { method: "HEAD" });
    expect([status, text]).toEqual([200, ""]);
    expect(Number(headers.get("content-length"))).toBeGreaterThan(0);
    const refused = await ask("/", { method: "POST" });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("is at one origin", async () => {
    const { port } = new URL(studio.origin);
    const moved = await raw({ path: "/worlds/1?x=y", headers: { host: `localhost:${port}` } });
    expect([moved.status, moved.headers.location]).toEqual([308, `${studio.origin}/worlds/1?x=y`]);
    const away = await raw({ path: "//evil.example/x", headers: { host: "localhost" } });
    expect(away.headers.location).toBe(`${studio.origin}/x`);
    expect((await raw({ path: "//" })).status).toBe(400);
  });

  test("says with every answer what the page may do", async () => {
    const { port } = new URL(studio.origin);
    const answers = [
      raw({ path: "/" }),
      raw({ path: "/no.js" }),
      raw({ path: "/", method: "DELETE" }),
      raw({ path: "//" }),
      raw({ path: "/", headers: { host: `localhost:${port}` } }),
    ];
    for (const { headers } of await Promise.all(answers))
      expect(headers).toMatchObject(securityHeaders(settings));
  });
});

test("a folder without a page is not served", async () => {
  const empty = await startStudio({ port: 0 });
  const serving = empty.serve({ directory: import.meta.dirname, settings });
  await expect(serving).rejects.toThrow("holds no page");
  await empty.stop();
});

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(studio.origin + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A request that nobody tidies up before it is sent. */
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
