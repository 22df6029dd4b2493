import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";
import { securityHeaders } from "@keepsake/studio/headers";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { listen } from "../embedded/listen.ts";

type Page = { headers: Record<string, string>; files: Map<string, Buffer> };

/**
 * CloudFront on loopback, for the page. Its origin is known at once, since others must allow it before
 * they start; requests wait until `serve` says what to answer with.
 */
export async function startStudio({ port }: { port: number }) {
  const page = Promise.withResolvers<Page>();
  const server = createServer((request, response) => {
    page.promise.then((page) => answer(page, request, response));
  });
  const origin = `http://127.0.0.1:${await listen(server, port)}`;

  return {
    origin,
    /** Answers with a folder that `buildStudio` filled, from memory. */
    async serve({ directory, settings }: { directory: string; settings: Settings }) {
      const files = await readFiles(directory, settings);
      page.resolve({ headers: securityHeaders(settings), files });
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  function answer({ headers, files }: Page, request: IncomingMessage, response: ServerResponse) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const { method, headers: asked } = request;
    if (method !== "GET" && method !== "HEAD")
      return end(response.setHeader("allow", "GET, HEAD"), 405, "Method Not Allowed");
    const url = URL.parse(request.url ?? "/", origin);
    if (!url) return end(response, 400, "Bad Request");
    // what others allow, and the browser's session, belong to one origin
    if (asked.host !== new URL(origin).host)
      return end(response.setHeader("location", origin + url.pathname + url.search), 308, "");

    // the page has routes of its own, and none of them looks like a file
    const path = extname(url.pathname) === "" ? "/index.html" : url.pathname;
    const file = files.get(path);
    if (!file) return end(response, 404, "Not Found");
    response.setHeader("content-type", contentTypes[extname(path)] ?? "application/octet-stream");
    // Vite names what is in assets/ by its content
    const isForever = path.startsWith("/assets/");
    response.setHeader(
      "cache-control",
      isForever ? "public, max-age=31536000, immutable" : "no-cache",
    );
    response.setHeader("content-length", file.length);
    response.writeHead(200).end(file);
  }
}

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Every file by its path in a URL, and with it whatever else a path may say leads nowhere. */
async function readFiles(directory: string, settings: Settings): Promise<Page["files"]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  const read = async ({ parentPath, name }: (typeof files)[number]) => {
    const file = join(parentPath, name);
    return [`/${relative(directory, file)}`, await readFile(file)] as const;
  };
  const page = new Map(await Promise.all(files.map(read)));
  const index = `${page.get("/index.html")}`;
  if (!index.includes(place)) throw new Error(`${directory} holds no page to write settings into`);
  return page.set("/index.html", Buffer.from(index.replace(place, () => settingsText(settings))));
}

const place = "%VITE_SETTINGS%";

function end(response: ServerResponse, status: number, text: string) {
  response.setHeader("content-type", "text/plain; charset=utf-8").writeHead(status).end(text);
}
