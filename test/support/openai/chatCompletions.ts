import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, isFault, type TextMode, type TextPlan } from "./behaviour.ts";
import { sendError, sendFault, sendJson } from "./sendResponse.ts";

type CompletionRequest = {
  model?: string;
  messages: { content: unknown }[];
  response_format?: { type: string };
  stream?: boolean;
};

/** `POST /chat/completions`: as many characters as the prompt's `count` says, whole or streamed. */
export async function chatCompletions(
  call: Call,
  response: ServerResponse,
  plan: TextPlan,
  mode: TextMode,
) {
  const body = call.body as unknown as CompletionRequest;
  const { messages, response_format: format, stream } = body;
  if (isFault(mode) && !(mode === "disconnect" && stream))
    return sendFault(response, mode, plan.retryAfterSeconds);
  if (mode === "text_only" && format) return sendError(response, 422, unsupportedFormat);
  if (mode === "no_schema" && format?.type === "json_schema")
    return sendError(response, 400, unsupportedFormat);
  if (format && !JSON.stringify(messages).includes("JSON"))
    return sendError(response, 400, { message: "'messages' must contain the word 'json'" });

  const prompt = JSON.stringify(messages.at(-1)?.content);
  const count = Number(/\\"count\\":\s*(\d+)/.exec(prompt)?.[1] ?? 3);
  const elements = plan.elements ?? Array.from({ length: count }, (_, n) => character(n));
  if (stream) return streamElements(elements, body, response, plan, mode);
  const message = { role: "assistant", content: JSON.stringify({ elements }) };
  sendJson(response, 200, { choices: [{ index: 0, message, finish_reason: "stop" }] });
}

async function streamElements(
  elements: unknown[],
  body: CompletionRequest,
  response: ServerResponse,
  plan: TextPlan,
  mode: TextMode,
) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const sendEvent = (data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  const sendDelta = (delta: object, finish_reason: string | null = null) => {
    const choices = [{ index: 0, delta, finish_reason }];
    sendEvent({ id: "chatcmpl-1", model: body.model, choices });
  };
  const sendText = async (text: string, ms = 0) => {
    const pieces = text.match(/.{1,24}/gsu) ?? [];
    for (const piece of pieces) {
      if (response.destroyed) return;
      sendDelta({ content: piece });
      if (ms > 0) await sleep(ms / pieces.length);
    }
  };
  const end = (finish_reason?: string) => {
    if (finish_reason) sendDelta({}, finish_reason);
    response.end("data: [DONE]\n\n");
  };

  sendDelta({ role: "assistant" });
  if (mode === "error_event") {
    const message = "This content was flagged by moderation";
    sendEvent({ error: { message, type: "invalid_request_error", code: "moderation_blocked" } });
    return end();
  }
  if (mode === "declined") {
    sendDelta({ refusal: "I'm sorry, I can't assist with that request." });
    return end("stop");
  }
  if (mode === "fenced") await sendText("<think>{ a list, then }</think>\n```json\n");
  const [opening, closing] = mode === "fenced" ? ["[", "]"] : ['{"elements":[', "]}"];
  await sendText(opening);
  for (let n = 0; n < elements.length || mode === "endless"; n += 1) {
    if (response.destroyed) return;
    if (n > 0) await plan.beforeNext?.();
    const element = JSON.stringify(n < elements.length ? elements[n] : character(n));
    const comma = n > 0 ? "," : "";
    const half = element.slice(0, element.length / 2);
    if (n === 1 && mode === "broken_event") response.write("data: {choices:\n\n");
    if (n === 1 && mode === "stalled") return sendText(comma + half);
    if (n === 1 && mode === "disconnect") {
      await sendText(comma + half, 20);
      return response.destroy();
    }
    if (n === 1 && mode === "truncated") {
      await sendText(comma + half);
      return end("length");
    }
    await sendText(comma + element, plan.pauseMs ?? (mode === "endless" ? 5 : 0));
  }
  await sendText(closing);
  if (mode === "fenced") await sendText("\n```\n");
  end("stop");
}

const unsupportedFormat = { message: "This response_format type is unavailable now", param: null };

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
