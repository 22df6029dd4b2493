import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { newWebhookSecret } from "@keepsake/adapters/standardWebhooks";
import type { Event } from "@keepsake/contract/events";
import { openapi } from "@keepsake/contract/openapi/document";
import { webhookHeaders } from "@keepsake/contract/openapi/webhooks";
import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import { schemaChecker } from "./openapi/schemaChecker.ts";

const documented = schemaChecker(openapi());
const ofBody = ["post", "requestBody", "content", "application/json", "schema"];

type Received = { id: string; event: Event; headers: IncomingMessage["headers"] };
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/**
 * A receiver of events as a product would write it: the standard's library verifies each request. `answer`
 * answers them, with 204 by default. What could not be verified, or is not as the OpenAPI document says, is in
 * `refused`.
 */
export async function startReceiver() {
  const secret = newWebhookSecret();
  const webhook = new Webhook(secret);
  const accept = (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(204).end();
  };
  const received: Received[] = [];
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    try {
      const event = webhook.verify(body, request.headers as Record<string, string>) as Event;
      refused.push(...documented.problems(event, "webhooks", event.type, ...ofBody));
      for (const [name, header] of Object.entries(webhookHeaders)) {
        const place = ["components", "parameters", name, "schema"];
        refused.push(...documented.problems(request.headers[header.name], ...place));
      }
      received.push({ id: `${request.headers["webhook-id"]}`, event, headers: request.headers });
    } catch (error) {
      refused.push(`${error}`);
    }
    receiver.answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?of=keepsake`;

  const receiver = {
    webhook: { url, secret },
    received,
    refused,
    accept,
    answer: accept,
    /** Forgets what came, and accepts again. */
    reset() {
      received.length = 0;
      refused.length = 0;
      receiver.answer = accept;
    },
    /** The types of what came about an owner, oldest first. */
    typesOf: (owner: string | null) => ofOwner(owner).map(({ event }) => event.type),
    ofOwner: (owner: string | null) => ofOwner(owner),
    /** Resolves to what came about an owner once that are `count` events. */
    async until(owner: string, count: number) {
      for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50))
        if (ofOwner(owner).length >= count) break;
      expect(ofOwner(owner)).toHaveLength(count);
      return ofOwner(owner);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;

  function ofOwner(owner: string | null) {
    return received.filter(({ event }) => event.data.owner === owner);
  }
}

/** Answers every request with a status, and headers. */
export const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers).end();
  };
