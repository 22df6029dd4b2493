import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflareCdn";
import { publicBucket } from "@keepsake/adapters/cloud/r2";
import type { PublicBucket } from "@keepsake/core/ports";
import { edgeCache } from "@keepsake/local/embedded/r2/edgeCache";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { newR2Keys, r2KeyPairs } from "@keepsake/local/r2Keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Of } from "../support/uploadRequests.ts";

const page = "http://127.0.0.1:3007";
const directory = mkdtempSync(join(tmpdir(), "keepsake-edge-"));
const keys = newR2Keys();
let r2: Awaited<ReturnType<typeof embeddedR2>>;
let images: PublicBucket;

beforeAll(async () => {
  r2 = await embeddedR2({
    directory,
    ports: { s3: 0, cdn: 0 },
    pairs: r2KeyPairs(keys),
    webOrigins: [page],
    cachesObjects: true,
  });
  const { endpoint, publicUrl } = r2;
  images = publicBucket({ bucket: "images", endpoint, publicUrl, ...keys.store });
});
afterAll(async () => {
  await r2?.stop();
  rmSync(directory, { recursive: true });
});

describe("the CDN of npm start", () => {
  test("keeps a copy for each URL, query string and Origin, until the zone is purged", async () => {
    const url = await stored("one");
    const reads = [() => read(url), () => read(`${url}?v=2`), () => read(url, page)];
    const statuses = () => Promise.all(reads.map((each) => each()));
    expect(await statuses()).toEqual([200, 200, 200]);
    await images.remove("images/one");
    expect(await statuses()).toEqual([200, 200, 200]);

    const cdn = cloudflareCdn({ ...r2.zone!, plan: "free", origins: page });
    expect(await cdn.purge([url], "url")).toBe("confirmed");
    expect(await statuses()).toEqual([404, 200, 404]);
    expect(await cdn.purge([url], "prefix")).toBe("confirmed");
    expect(await statuses()).toEqual([404, 404, 404]);
  });

  test("answers a copy with the headers of the object, and HEAD without its body", async () => {
    const url = await stored("two");
    const [first, again] = [await fetch(url), await fetch(url)];
    for (const name of ["content-type", "etag", "cache-control", "x-content-type-options"])
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    expect(await again.text()).toBe(await first.text());
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      "3",
      "",
    ]);
  });

  test("is purged by no program without the zone's token, and by nothing that Cloudflare rejects", async () => {
    const url = await stored("three");
    await read(url);
    await images.remove("images/three");
    const wrong = cloudflareCdn({ ...r2.zone!, apiToken: "guess", plan: "free", origins: "" });
    expect(await wrong.purge([url])).toBe("failed");
    for (const body of [
      { files: [] },
      { files: [url], prefixes: ["x"] },
      { prefixes: [url] },
      { files: ["no URL"] },
      "{",
    ])
      expect((await purgeBy(body)).status, JSON.stringify(body)).toBe(400);
    expect(await read(url)).toBe(200);
  });
});

test("the oldest copies make room for new ones", () => {
  const cache = edgeCache();
  const body = Buffer.alloc(20_000_000);
  for (const name of ["a", "b", "c", "d"]) cache.put(`/${name}`, undefined, { headers: {}, body });
  expect(["a", "b", "c", "d"].filter((name) => cache.get(`/${name}`))).toEqual(["b", "c", "d"]);
});

async function stored(name: string) {
  const bytes = Buffer.from(name.slice(0, 3));
  await images.put(`images/${name}`, { bytes, contentType: "image/png", sha256: sha256Of(bytes) });
  return images.url(`images/${name}`);
}

const read = async (url: string, origin?: string) =>
  (await fetch(url, { headers: { ...(origin && { origin }) } })).status;

function purgeBy(body: unknown) {
  const { api, zoneId, apiToken } = r2.zone!;
  return fetch(`${api}/zones/${zoneId}/purge_cache`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiToken}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
