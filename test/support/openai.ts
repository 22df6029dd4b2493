import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";

/** What the provider does from now on. What is left out is as it should be. */
export type Plan = { text?: TextPlan | undefined; images?: ImagePlan | undefined };

export type TextPlan = {
  mode?: TextMode | undefined;
  /** A mode for each call in turn, the last one for all that follow. */
  modes?: TextMode[] | undefined;
  /** How long each character takes, spread over its words. */
  pauseMs?: number | undefined;
  /** What is told in place of characters from the list. */
  elements?: unknown[] | undefined;
  retryAfterSeconds?: number | undefined;
};

export type ImagePlan = {
  mode?: ImageMode | undefined;
  modes?: ImageMode[] | undefined;
  /** How long painting takes, for each call in turn. */
  slowMs?: number[] | undefined;
  format?: "png" | "jpeg" | "webp" | undefined;
  /** Width and height in pixels: 256 × 256 unless told, whatever is asked for. */
  size?: [number, number] | undefined;
  retryAfterSeconds?: number | undefined;
};

/**
 * How any call may go wrong. `busy` is 429, `silent` never answers, `hang_up` stops in the middle, `echo`
 * repeats the key in a 400.
 */
type Fault = "fail" | "busy" | "refuse" | "garbage" | "silent" | "hang_up" | "echo" | "not_found";

export type TextMode =
  | "ok"
  | Fault
  | "declined" // the model itself refuses, in an answer that is fine otherwise
  | "truncated" // the JSON stops inside the second character
  | "stalled" // and no word comes after it
  | "broken_event" // an event that is not JSON, after the first character
  | "error_event" // an error in the place of a first word
  | "no_schema" // response_format knows json_object
  | "text_only" // there is no response_format
  | "fenced" // thinks aloud, then answers with a bare list in Markdown
  | "endless"; // tells more than it was asked for, and does not stop

export type ImageMode =
  | "ok"
  | Fault
  | "url"
  | "foreign_url" // on a private address that is not the provider's
  | "not_an_image"
  | "empty"
  | "endless"
  | "no_edits" // paints, but not after an image
  | "text_to_image_only"; // the same, said by the model

export type Call = {
  path: string;
  /** JSON as it was sent; a form as its fields, files as Buffers. */
  body: Record<string, unknown>;
  /** Whether the caller left before the end of the answer. */
  hungUp: boolean;
  /** How much of an endless answer was taken. */
  pouredBytes: number;
};

/**
 * A provider that speaks OpenAI's API on 127.0.0.1: chat completions, streamed or whole, images and
 * edits of images. Calls without `apiKey` get 401. Characters come from a list, images are noise.
 */
export async function openAi({ port = 0 } = {}) {
  const apiKey = "sk-test-do_not_tell_anybody";
  const calls: Call[] = [];
  let plan: Plan = {};
  let turns = { text: 0, images: 0 };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
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

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname: path } = new URL(request.url!, origin);
    const sent = Buffer.concat(await request.toArray());
    if (path.startsWith("/files/")) return response.end(await noise(path.slice(7)));
    if (request.headers.authorization !== `Bearer ${apiKey}`)
      return refuse(response, 401, { code: "invalid_api_key", message: "Incorrect API key" });

    const call: Call = { path, body: await read(request, sent), hungUp: false, pouredBytes: 0 };
    calls.push(call);
    response.on("close", () => {
      call.hungUp = !response.writableFinished;
    });
    if (path === "/v1/chat/completions") return complete(call, response);
    if (path === "/v1/images/generations" || path === "/v1/images/edits")
      return paint(call, response);
    return refuse(response, 404, { code: "unknown_url", message: `Unknown URL ${path}` });
  }

  async function complete({ body }: Call, response: ServerResponse) {
    const { text = {} } = plan;
    const mode = inTurn(text.modes, turns.text++) ?? text.mode ?? "ok";
    const { messages, response_format: form, stream } = body as unknown as Completion;
    const inTheMiddle = mode === "hang_up" && stream;
    if (isFault(mode) && !inTheMiddle) return misbehave(response, mode, text.retryAfterSeconds);
    if (mode === "text_only" && form) return refuse(response, 422, wrongForm);
    if (mode === "no_schema" && form?.type === "json_schema")
      return refuse(response, 400, wrongForm);
    if (form && !JSON.stringify(messages).includes("JSON"))
      return refuse(response, 400, { message: "'messages' must contain the word 'json'" });

    const told = JSON.stringify(messages.at(-1)?.content);
    const count = Number(/\\"count\\":\s*(\d+)/.exec(told)?.[1] ?? 3);
    const elements = text.elements ?? Array.from({ length: count }, (_, n) => character(n));
    const whole = JSON.stringify({ elements });
    if (!stream) {
      const message = { role: "assistant", content: whole };
      return json(response, 200, { choices: [{ index: 0, message, finish_reason: "stop" }] });
    }

    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`);
    const say = (delta: object, finish_reason: string | null = null) =>
      event({ id: "chatcmpl-1", model: body.model, choices: [{ index: 0, delta, finish_reason }] });
    const tell = async (content: string, ms = 0) => {
      const words = content.match(/.{1,24}/gsu) ?? [];
      for (const word of words) {
        if (response.destroyed) return;
        say({ content: word });
        if (ms > 0) await sleep(ms / words.length);
      }
    };

    say({ role: "assistant" });
    if (mode === "error_event") {
      const message = "This content was flagged by moderation";
      event({ error: { message, type: "invalid_request_error", code: "moderation_blocked" } });
      return response.end("data: [DONE]\n\n");
    }
    if (mode === "declined") {
      say({ refusal: "I'm sorry, I can't assist with that request." });
      say({}, "stop");
      return response.end("data: [DONE]\n\n");
    }
    if (mode === "fenced") await tell("<think>{ a list, then }</think>\n```json\n");
    const [opening, closing] = mode === "fenced" ? ["[", "]"] : ['{"elements":[', "]}"];
    await tell(opening);
    for (let n = 0; n < elements.length || mode === "endless"; n += 1) {
      if (response.destroyed) return;
      const element = JSON.stringify(n < elements.length ? elements[n] : character(n));
      const comma = n > 0 ? "," : "";
      const half = element.slice(0, element.length / 2);
      if (n === 1 && mode === "broken_event") response.write("data: {choices:\n\n");
      if (n === 1 && mode === "stalled") return tell(comma + half);
      if (n === 1 && inTheMiddle) {
        await tell(comma + half, 20);
        return response.destroy();
      }
      if (n === 1 && mode === "truncated") {
        await tell(comma + half);
        say({}, "length");
        return response.end("data: [DONE]\n\n");
      }
      await tell(comma + element, text.pauseMs ?? (mode === "endless" ? 5 : 0));
    }
    await tell(closing);
    if (mode === "fenced") await tell("\n```\n");
    say({}, "stop");
    response.end("data: [DONE]\n\n");
  }

  async function paint(call: Call, response: ServerResponse) {
    const { path, body } = call;
    const { images = {} } = plan;
    const turn = turns.images++;
    const mode = inTurn(images.modes, turn) ?? images.mode ?? "ok";
    await sleep(inTurn(images.slowMs, turn) ?? 0);
    if (isFault(mode)) return misbehave(response, mode, images.retryAfterSeconds);

    const isEdit = path === "/v1/images/edits";
    if (isEdit && mode === "no_edits")
      return refuse(response, 404, { message: "Invalid URL (POST /v1/images/edits)" });
    if (isEdit && mode === "text_to_image_only")
      return refuse(response, 400, { message: "Value must be 'dall-e-2'", param: "model" });
    const image = Object.values(body).find(Buffer.isBuffer);
    if (isEdit && !(image && (await sharp(image).metadata())))
      return refuse(response, 400, { message: "No image was given", param: "image" });

    const [width, height] = images.size ?? [256, 256];
    const name = `${width}x${height}.${images.format ?? "png"}`;
    if (mode === "url") return json(response, 200, { data: [{ url: `${origin}/files/${name}` }] });
    if (mode === "foreign_url")
      return json(response, 200, { data: [{ url: "http://169.254.169.254/latest/meta-data" }] });
    if (mode === "empty") return json(response, 200, { created: 1, data: [] });
    if (mode === "endless") return pour(call, response);
    const bytes = mode === "not_an_image" ? Buffer.from(page.repeat(9)) : await noise(name);
    return json(response, 200, { created: 1, data: [{ b64_json: bytes.toString("base64") }] });
  }

  async function misbehave(response: ServerResponse, fault: Fault, retryAfterSeconds = 30) {
    if (fault === "silent") return;
    if (fault === "not_found")
      return refuse(response, 404, { code: "model_not_found", message: "No such model" });
    if (fault === "echo")
      return refuse(response, 400, { code: apiKey, type: apiKey, message: `Key ${apiKey}` });
    if (fault === "refuse")
      return refuse(response, 400, {
        code: "content_policy_violation",
        type: "image_generation_user_error",
        message: `Your request was rejected as a result of our safety system. Key ${apiKey}`,
      });
    if (fault === "busy") {
      response.setHeader("retry-after", retryAfterSeconds);
      return refuse(response, 429, {
        code: "rate_limit_exceeded",
        message: `Slow down, ${apiKey}`,
      });
    }
    if (fault === "fail") {
      // Lest everybody who tests it waits for two seconds.
      response.setHeader("retry-after-ms", 20);
      return refuse(response, 500, { type: "server_error", message: `Oops, ${apiKey}` });
    }
    if (fault === "garbage") return response.end(page);
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"data":[{"b64_');
    await sleep(20);
    response.destroy();
  }
}

type Completion = {
  messages: { content: unknown }[];
  response_format?: { type: string };
  stream?: boolean;
};

const faults = ["fail", "busy", "refuse", "garbage", "silent", "hang_up", "echo", "not_found"];
const isFault = (mode: string): mode is Fault => faults.includes(mode);

const inTurn = <T>(list: T[] | undefined, turn: number): T | undefined =>
  list?.[turn] ?? list?.at(-1);

const wrongForm = { message: "This response_format type is unavailable now", param: null };

const page = "<!doctype html><title>502</title><h1>Bad Gateway</h1>";

function json(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, error: object) {
  json(response, status, { error: { type: "invalid_request_error", param: null, ...error } });
}

async function read(request: IncomingMessage, sent: Buffer): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return JSON.parse(sent.toString());
  const form = await new Response(new Uint8Array(sent), {
    headers: { "content-type": type },
  }).formData();
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form)
    fields[name] = typeof value === "string" ? value : Buffer.from(await value.arrayBuffer());
  return fields;
}

/** Bytes without end, as fast as they are taken. */
async function pour(call: Call, response: ServerResponse) {
  const bytes = Buffer.alloc(1_000_000, "A");
  response.write('{"data":[{"b64_json":"');
  while (!response.destroyed) {
    const taken = response.write(bytes);
    call.pouredBytes += bytes.length;
    if (!taken) await new Promise((resume) => response.once("drain", resume));
  }
}

const painted = new Map<string, Promise<Buffer>>();

/** Noise by its size and format, as in "1024x1024.png"; painted once. */
function noise(name: string): Promise<Buffer> {
  const [, width, height, format] = /^(\d+)x(\d+)\.(png|jpeg|webp)$/.exec(name) ?? [];
  const raw = { width: Number(width), height: Number(height), channels: 3 as const };
  const paint = () =>
    sharp(randomBytes(raw.width * raw.height * 3), { raw })
      .toFormat(format as "png", format === "png" ? { compressionLevel: 1 } : { quality: 80 })
      .toBuffer();
  const image = painted.get(name) ?? paint();
  painted.set(name, image);
  return image;
}

function character(n: number) {
  const given = ["Ysolde", "Corwin", "Maerith", "Tobin", "Elowen", "Harrow", "Sennet", "Aldous"];
  const name = `${given[n % given.length]}${n < given.length ? "" : ` the ${n}th`} Vale`;
  return {
    name,
    description: `${name} keeps the lighthouse of a town that the sea has left.`,
    traits: ["Patient", "Wry", "Watchful"],
    appearance: "Grey eyes, wind-burnt cheeks, and a coat with one brass button.",
    backstory: `${name} came with the last ship, and stayed when the tide did not.`,
    skills: ["Signals", "Mending nets", "Waiting"],
    flaw: "Answers every light.",
  };
}
