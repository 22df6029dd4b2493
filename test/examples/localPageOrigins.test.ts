import { describe, expect, inject, test } from "vitest";

const pages = ["http://localhost:5173", "http://127.0.0.1:3210", "http://localhost:65535"];
const otherPages = [
  ...["https://localhost:5173", "http://localhost", "http://localhost.example:5173", "null"],
  ...["http://example:5173", "http://127.0.0.1.example:80", "http://[::1]:5173"],
  ...["http://user@localhost:5173", "http://localhost:5173x", "http://192.168.0.2:5173"],
];

/** What a page asks of `npm start` before it sends a request with these headers. */
const preflights = {
  api: { method: "POST", headers: "authorization,content-type" },
  stream: { method: "POST", headers: "authorization,content-type" },
  r2: { method: "PUT", headers: "content-type" },
};

describe("npm start with nothing set", () => {
  test.for([
    ["the API", "api", "/uploads"],
    ["the stream", "stream", ""],
    ["R2's bucket for uploads", "r2", "/incoming/a"],
  ] as const)("lets pages of this machine call %s, and no other page", async ([, name, path]) => {
    const url = inject("keepsake")[name] + path;
    const { method, headers } = preflights[name];
    const allowed = async (origin: string) => {
      const preflight = await fetch(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": headers,
        },
      });
      const sent = await fetch(url, { method, headers: { origin }, body: "{}" });
      const isForbidden = /Pages of this origin|AccessForbidden/.test(await sent.text());
      return [preflight.headers.get("access-control-allow-origin"), isForbidden];
    };
    for (const page of pages) expect([page, ...(await allowed(page))]).toEqual([page, page, false]);
    for (const page of otherPages)
      expect([page, ...(await allowed(page))]).toEqual([page, null, true]);
  });

  test("answers a page of this machine only with a credential", async () => {
    const { api } = inject("keepsake");
    for (const path of ["/uploads", "/tokens", "/images"]) {
      const response = await fetch(api + path, {
        method: "POST",
        headers: { origin: pages[0]!, "content-type": "application/json" },
        body: "{}",
      });
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  test("lets no page at another port than 5173 use the bot or a simulated phone", async () => {
    const { telegram } = inject("keepsake");
    const send = (origin: string) =>
      fetch(`${telegram}/phone/1/photo`, { method: "POST", headers: { origin }, body: "x" });
    expect((await send("http://127.0.0.1:3210")).status).toBe(403);
    expect((await send("http://localhost:5173")).status).not.toBe(403);
  });
});
