import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { bind } from "@keepsake/local/embedded/listen";
import sharp from "sharp";
import { landscape } from "../../test/screenshots/drawLandscape.ts";
import { copies, imageAt, shapes } from "../gallery/galleryImages.ts";
import { handleCalls } from "../support/forkedProcess.ts";

/** Studio, with an API and a CDN that have so many images and nothing else. */
let count = 0;
let requests = { pages: 0, pictures: 0, bytes: 0, unknown: [] as string[] };

handleCalls({
  async start(input: { directory: string; count: number }) {
    count = input.count;
    const files = await drawCopies();
    const cdn = await serve((url, response) => {
      const [, shape, copy] = url.pathname.match(/-(\d)\.w(\d+)\.webp$/) ?? [];
      const body = files.get(`${shape} ${copy}`);
      if (!body) return unknown(url, response);
      requests.pictures += 1;
      requests.bytes += body.length;
      response.setHeader("cache-control", "public, max-age=31536000, immutable");
      response.writeHead(200, { "content-type": "image/webp" }).end(body);
    });
    const api = await serve((url, response, { method }) => {
      if (method === "OPTIONS") return allowRequest(response);
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      if (url.pathname === "/tokens")
        return sendJson(response, { token: `a.${btoa("{}")}.c`, expires_at });
      if (url.pathname !== "/images") return unknown(url, response);
      requests.pages += 1;
      sendJson(response, pageOf(url.searchParams, cdn));
    });
    const studio = await startStudio({ port: 0 });
    const settings = { api, stream: api, cdn, uploads: cdn, sign_in: { by: "name" } } as const;
    await studio.serve({
      directory: input.directory,
      settings: { ...settings, sweep_minutes: 1, no_bot: true },
      serviceKey: "kss_bench",
    });
    return studio.origin;
  },
  /** What was requested since the last call. */
  takeRequests() {
    const taken = requests;
    requests = { pages: 0, pictures: 0, bytes: 0, unknown: [] };
    return taken;
  },
});

async function drawCopies() {
  const files = new Map<string, Buffer>();
  for (const [shape, [width, height]] of shapes.entries())
    for (const copy of copies) {
      const bytes = await landscape(shape, copy, Math.round((copy * height) / width));
      files.set(`${shape} ${copy}`, await sharp(bytes).webp().toBuffer());
    }
  return files;
}

function pageOf(query: URLSearchParams, cdn: string) {
  const start = Number(query.get("cursor") ?? 0);
  const end = Math.min(start + Number(query.get("limit") ?? 24), count);
  const images = Array.from({ length: end - start }, (_, index) => imageAt(start + index, cdn));
  return { images, next_cursor: end < count ? `${end}` : null };
}

type Answer = (url: URL, response: ServerResponse, request: IncomingMessage) => void;

/** An HTTP server that every page may use. Resolves to its origin. */
async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    answer(new URL(request.url ?? "/", "http://server"), response, request);
  });
  return `http://127.0.0.1:${await bind(server, 0)}`;
}

const allowRequest = (response: ServerResponse) =>
  response
    .writeHead(204, {
      "access-control-allow-headers": "authorization,content-type",
      "access-control-max-age": "3600",
    })
    .end();

const sendJson = (response: ServerResponse, body: object) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

function unknown({ pathname }: URL, response: ServerResponse) {
  requests.unknown.push(pathname);
  response.writeHead(404).end();
}
