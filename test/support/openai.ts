import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, forTurn, type Plan } from "./openai/behaviour.ts";
import { chatCompletions } from "./openai/chatCompletions.ts";
import { images, noise } from "./openai/images.ts";
import { apiKey, sendError } from "./openai/sendResponse.ts";

export type { ImageMode, TextMode } from "./openai/behaviour.ts";

/**
 * A provider that speaks OpenAI's API on 127.0.0.1: chat completions, streamed or whole, images and
 * edits of images. Calls without `apiKey` get 401. Characters come from a list, images are noise.
 */
export async function openAi({ port = 0 } = {}) {
  const calls: Call[] = [];
  let plan: Plan = {};
  let turns = { text: 0, images: 0 };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    baseUrl: `${origin}/v1`,
    apiKey,
    calls,
    plan(next: Plan) {
      plan = next;
      turns = { text: 0, images: 0 };
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { pathname: path } = new URL(request.url!, origin);
    const bytes = Buffer.concat(await request.toArray());
    if (path === "/files/gone") return sendError(response, 404, { message: "a provider's secret" });
    if (path.startsWith("/files/")) return response.end(await noise(path.slice(7)));
    if (request.headers.authorization !== `Bearer ${apiKey}`)
      return sendError(response, 401, { code: "invalid_api_key", message: "Incorrect API key" });
    if (path === "/v1/models")
      return response.end(JSON.stringify({ object: "list", data: models.map((id) => ({ id })) }));

    const body = await parseBody(request, bytes);
    const call: Call = { path, body, disconnected: false, sentBytes: 0 };
    calls.push(call);
    response.on("close", () => {
      call.disconnected = !response.writableFinished;
    });
    if (path === "/v1/chat/completions") {
      const { text = {} } = plan;
      const mode = forTurn(text.modes, turns.text++) ?? text.mode ?? "ok";
      return chatCompletions(call, response, text, mode);
    }
    if (path === "/v1/images/generations" || path === "/v1/images/edits") {
      const { images: imagePlan = {} } = plan;
      const turn = turns.images++;
      await sleep(forTurn(imagePlan.slowMs, turn) ?? 0);
      const mode = forTurn(imagePlan.modes, turn) ?? imagePlan.mode ?? "ok";
      return images(call, response, imagePlan, mode, `${origin}/files/`);
    }
    return sendError(response, 404, { code: "unknown_url", message: `Unknown URL ${path}` });
  }
}

const models = ["text-model-1", "image-model-1"];

async function parseBody(
  request: IncomingMessage,
  bytes: Buffer,
): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return JSON.parse(bytes.toString());
  const form = await new Response(new Uint8Array(bytes), {
    headers: { "content-type": type },
  }).formData();
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form)
    fields[name] = typeof value === "string" ? value : Buffer.from(await value.arrayBuffer());
  return fields;
}
