import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { offlinePortraitGenerator } from "@keepsake/adapters/generators/offline/portraitGenerator";
import { guard } from "../hostAndOrigin.ts";
import { listen } from "../listen.ts";
import { type Picture, type ProviderName, providers, statusOf, urlOf } from "./providerUrls.ts";

type Options = {
  /** A preference. */
  port: number;
  /** Its clock, in milliseconds: URLs expire by it. */
  now?: () => number;
};

type Stored = Picture & { provider: ProviderName; bytes: Buffer };

/**
 * The hosts of generated pictures, on 127.0.0.1, for a system whose `RehostHosts` link names it as the stand-in for
 * them: it gets `/{host}{path}?{query}`. `/` shows a picture and a fresh URL of it, `/fresh` only that URL.
 */
export async function embeddedImageHosts({ port, now = Date.now }: Options) {
  const key = randomBytes(32);
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("hex");
  const pictures = new Map<string, Stored>();
  const generator = offlinePortraitGenerator();
  const requests: { host: string; path: string; status: number }[] = [];
  const server = guard(
    createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    }),
  );
  const origin = `http://127.0.0.1:${await listen(server, port)}`;

  return {
    origin,
    /** What answers for each host. */
    standIns: (names: ProviderName[]) =>
      Object.fromEntries(names.map((name) => [providers[name].host, origin])),
    /** Every request for a picture so far, without signatures. */
    requests,
    /** Generates a picture at a provider, and resolves to its id there. */
    generate,
    /** A URL of a picture that is valid from now on. */
    url(id: string): string {
      const { provider, ...picture } = pictures.get(id)!;
      return urlOf(provider, picture, now(), sign);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  function generate(provider: ProviderName, bytes: Buffer): string {
    const id = randomUUID();
    pictures.set(id, { id, createdAt: now(), provider, bytes });
    return id;
  }

  async function answer({ method, url = "/", headers }: IncomingMessage, response: ServerResponse) {
    if (method !== "GET") return response.writeHead(405).end();
    if (url === "/") return send(response, "text/html; charset=utf-8", page(await freshUrl()));
    if (url === "/fresh") return send(response, "text/plain", `${await freshUrl()}\n`);
    const [, host = "", rest = ""] = /^\/([^/]+)(\/.*)$/.exec(url) ?? [];
    const { pathname, searchParams: query } = new URL(rest, `https://${host}`);
    const stored = [...pictures.values()].find(({ provider, ...picture }) => {
      const { host: own, path } = providers[provider];
      return own === host && path(picture) === pathname;
    });
    const status = !stored
      ? 404
      : host === providers.midjourney.host && !headers["user-agent"]
        ? 403
        : statusOf(stored.provider, stored, { query, now: now(), sign });
    requests.push({ host, path: pathname, status });
    if (status !== 200) return response.writeHead(status).end("No such picture, or no longer");
    return send(response, "image/png", stored!.bytes);
  }

  /** Of a new picture each time, as every generation gives one. Those that have expired are forgotten. */
  async function freshUrl(): Promise<string> {
    for (const { id, provider, createdAt } of pictures.values())
      if (provider === "sample" && createdAt < now() - providers.sample.validSeconds * 1_000)
        pictures.delete(id);
    const character = { name: "Mira", description: "", details: { traits: [] } };
    const request = { theme: "norse", seed: randomUUID() };
    const id = generate("sample", Buffer.from(await generator.generate(character, request)));
    return urlOf("sample", pictures.get(id)!, now(), sign);
  }

  /** The page's own copy of the picture is at this server: its real host does not exist. */
  function page(url: string) {
    const { host, pathname, search } = new URL(url);
    const local = `/${host}${pathname}${search}`.replaceAll("&", "&amp;");
    return `<!doctype html><meta charset="utf-8"><title>A provider's picture</title>
<h1>A provider's picture</h1>
<p>Its URL is valid for ${providers.sample.validSeconds / 60} minutes. Send it to <code>POST /rehosts</code> to keep the picture:</p>
<p><code>${url.replaceAll("&", "&amp;")}</code></p>
<p><img src="${local}" alt="A generated picture" width="256"></p>
`;
  }
}

function send(response: ServerResponse, type: string, body: string | Buffer) {
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
  return response.writeHead(200, headers).end(body);
}
