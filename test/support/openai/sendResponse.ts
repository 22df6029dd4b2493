import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./behaviour.ts";

export const apiKey = "sk-test-secret-key";

export function sendJson(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, status: number, error: object) {
  sendJson(response, status, { error: { type: "invalid_request_error", param: null, ...error } });
}

export async function sendFault(response: ServerResponse, fault: Fault, retryAfterSeconds = 30) {
  if (fault === "silent") return;
  if (fault === "not_found")
    return sendError(response, 404, { code: "model_not_found", message: "No such model" });
  if (fault === "echo")
    return sendError(response, 400, { code: apiKey, type: apiKey, message: `Key ${apiKey}` });
  if (fault === "refuse")
    return sendError(response, 400, {
      code: "content_policy_violation",
      type: "image_generation_user_error",
      message: `Your request was rejected as a result of our safety system. Key ${apiKey}`,
    });
  if (fault === "busy") {
    response.setHeader("retry-after", retryAfterSeconds);
    return sendError(response, 429, {
      code: "rate_limit_exceeded",
      message: `Slow down, ${apiKey}`,
    });
  }
  if (fault === "fail") {
    // Without it the SDK would wait two seconds before its retry.
    response.setHeader("retry-after-ms", 20);
    return sendError(response, 500, { type: "server_error", message: `Oops, ${apiKey}` });
  }
  if (fault === "garbage") return response.end(htmlPage);
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"data":[{"b64_');
  await sleep(20);
  response.destroy();
}

export const htmlPage = "<!doctype html><title>502</title><h1>Bad Gateway</h1>";
