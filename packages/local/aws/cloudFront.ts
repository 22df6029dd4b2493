import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { securityHeaders } from "@keepsake/studio/securityHeaders";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { signInServer } from "@keepsake/studio/signInServer";
import { guard } from "../embedded/hostAndOrigin.ts";
import { listen } from "../embedded/listen.ts";

type Page = {
  headers: Record<string, string>;
  files: Map<string, Buffer>;
  /** Handles sign-in by name; false for other requests. */
  signIn: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
};

type Served = {
  directory: string;
  settings: Settings;
  /** Needed for sign-in by name. */
  serviceKey?: string;
};

/**
 * CloudFront on loopback, for Studio, and the server of a product that signs people in by name. The origin is known at once, because other servers must allow it
 * before they start; requests wait until `serve` is called.
 */
export async function startStudio({ port }: { port: number }) {
  const page = Promise.withResolvers<Page>();
  const server = createServer((request, response) => {
    page.promise
      .then((page) => handle(page, request, response))
      .catch((error) => {
        if (!request.errored) console.error(error);
        response.destroy();
      });
  });
  const origin = `http://127.0.0.1:${await listen(guard(server), port)}`;

  return {
    origin,
    /** Serves, from memory, a folder that `buildStudio` filled. Throws when it has no page. */
    async serve({ directory, settings, serviceKey }: Served) {
      const files = await readFiles(directory, settings);
      const signIn: Page["signIn"] = async (request, response) =>
        settings.sign_in.by === "name" &&
        serviceKey !== undefined &&
        signInServer(request, response, { api: settings.api, serviceKey });
      page.resolve({ headers: securityHeaders(settings), files, signIn });
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(
    { headers, files, signIn }: Page,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (await signIn(request, response)) return;
    const { method, headers: requestHeaders } = request;
    if (method !== "GET" && method !== "HEAD")
      return sendText(response.setHeader("allow", "GET, HEAD"), 405, "Method Not Allowed");
    const url = new URL(request.url ?? "/", origin);
    // CORS lists and the browser's session belong to one origin
    if (requestHeaders.host !== new URL(origin).host)
      return sendText(response.setHeader("location", origin + url.pathname + url.search), 308, "");

    // the page's own routes have no file extension
    const path = extname(url.pathname) === "" ? "/index.html" : url.pathname;
    const file = files.get(path);
    if (!file) return sendText(response, 404, "Not Found");
    response.setHeader("content-type", contentTypes[extname(path)] ?? "application/octet-stream");
    // Vite names files in assets/ by their content
    const isImmutable = path.startsWith("/assets/");
    response.setHeader(
      "cache-control",
      isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    );
    const encoding = isCompressible(path, file) && encodingOf(requestHeaders["accept-encoding"]);
    if (encoding !== false) response.setHeader("vary", "accept-encoding");
    if (encoding) response.setHeader("content-encoding", encoding);
    const body = encoding ? compressed(file, encoding) : file;
    response.setHeader("content-length", body.length);
    response.writeHead(200).end(body);
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

/** As CloudFront: text of 1,000 to 10,000,000 bytes. */
const isCompressible = (path: string, { length }: Buffer) =>
  /\.(html|js|css|txt|json|webmanifest|svg)$/.test(path) && length >= 1_000 && length <= 10_000_000;

const compress = {
  br: (file: Buffer) =>
    brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (file: Buffer) => gzipSync(file),
};
type Encoding = keyof typeof compress;

/** As CloudFront: Brotli before gzip. Undefined when the client accepts neither. */
const encodingOf = (accepted: string | string[] | undefined) =>
  (["br", "gzip"] as const).find((encoding) => new RegExp(`\\b${encoding}\\b`).test(`${accepted}`));

const compressions = { br: new WeakMap<Buffer, Buffer>(), gzip: new WeakMap<Buffer, Buffer>() };

function compressed(file: Buffer, encoding: Encoding): Buffer {
  const known = compressions[encoding].get(file);
  if (known) return known;
  const made = compress[encoding](file);
  compressions[encoding].set(file, made);
  return made;
}

/** Every file by its URL path. Only these paths are served, so no request can leave the folder. */
async function readFiles(directory: string, settings: Settings): Promise<Page["files"]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = async ({ parentPath, name }: (typeof files)[number]) => {
    const file = join(parentPath, name);
    return [`/${relative(directory, file)}`, await readFile(file)] as const;
  };
  const page = new Map(await Promise.all(files.map(read)));
  const index = `${page.get("/index.html")}`;
  if (!index.includes(settingsPlaceholder))
    throw new Error(`${directory} holds no page: index.html lacks ${settingsPlaceholder}`);
  return page.set(
    "/index.html",
    Buffer.from(index.replace(settingsPlaceholder, () => settingsText(settings))),
  );
}

const settingsPlaceholder = "%VITE_SETTINGS%";

function sendText(response: ServerResponse, status: number, text: string) {
  response.setHeader("content-type", "text/plain; charset=utf-8").writeHead(status).end(text);
}
