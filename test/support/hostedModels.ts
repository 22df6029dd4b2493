import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { noise } from "./openai/images.ts";
import { sendJson } from "./openai/sendResponse.ts";

/** A request that a stand-in received. */
export type HostedCall = {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Record<string, unknown>;
};

/** Where the picture is: also on a host that is not the provider's, gone, or no picture. */
export type Output = "url" | "data" | "gone" | "foreign" | "private" | "redirect" | "text" | "busy";

type Exchange = { call: HostedCall; response: ServerResponse; origin: string };

/**
 * A server on 127.0.0.1 that answers the calls of an API by `answer`, when they have the right `authorization`, and
 * serves pictures of noise below `/files/`. `files` counts how often one was fetched, and with which credentials.
 */
export async function hostedModels(
  authorization: string,
  answer: (exchange: Exchange) => Promise<unknown> | unknown,
) {
  const calls: HostedCall[] = [];
  const files: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    calls,
    files,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const path = new URL(request.url!, origin).pathname;
    const text = Buffer.concat(await request.toArray()).toString();
    if (path.startsWith("/files/")) {
      files.push(request.headers.authorization);
      return serveFile(path.slice(7), response, files.length);
    }
    const { method = "", headers } = request;
    if (headers.authorization !== authorization)
      return sendJson(response, 401, { detail: `Invalid token ${headers.authorization}` });
    const call = { method, path, headers, body: text === "" ? {} : JSON.parse(text) };
    calls.push(call);
    await answer({ call, response, origin });
  }
}

async function serveFile(name: string, response: ServerResponse, turn: number) {
  if (name === "gone.png") return sendJson(response, 404, { detail: "expired" });
  if (name === "redirect.png")
    return response.writeHead(302, { location: "/files/256x256.png" }).end();
  if (name === "text.png") return response.end("<h1>Not a picture</h1>".repeat(9));
  if (name === "busy.png" && turn === 1) return sendJson(response, 503, { detail: "busy" });
  response.end(await noise("256x256.png"));
}

/** The URL of a picture, with a signature that no error may repeat. */
export async function outputUrl(origin: string, output: Output = "url"): Promise<string> {
  if (output === "data")
    return `data:image/png;base64,${(await noise("256x256.png")).toString("base64")}`;
  if (output === "foreign") return "https://replicate.delivery.example.com/a.png?sig=a-secret";
  if (output === "private") return "http://169.254.169.254/latest/meta-data?sig=a-secret";
  return `${origin}/files/${output === "url" ? "256x256" : output}.png?sig=a-secret`;
}
