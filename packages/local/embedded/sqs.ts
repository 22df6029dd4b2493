import type { IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { buildApp } from "fauxqs";
import { freePort } from "./listen.ts";

/**
 * Starts an SQS on 127.0.0.1 that keeps its queues in memory. A queue is made with CreateQueue and its
 * URL is `{endpoint}/000000000000/{name}`; the URLs that the emulator hands out itself do not resolve.
 */
export async function embeddedSqs({ port }: { port: number }) {
  const app: Emulator = buildApp({ logger: false });
  app.addHook("onRequest", refuseOtherServices);
  app.addHook("onSend", takeBackUndelivered(app));
  // It ends waiting polls when it closes, and cuts the connections: let the answers out in between.
  app.addHook("preClose", () => turn());

  const endpoint = await app.listen({ port: await freePort(port), host: "127.0.0.1" });
  return {
    endpoint,
    /** Answers waiting polls with nothing, then drops every queue. */
    stop: async () => {
      await app.close();
    },
  };
}

/** The emulator also speaks S3 and SNS, with no authentication at all. Nothing here uses them. */
async function refuseOtherServices({ method, url, headers }: Request, reply: Reply) {
  const action = `${headers["x-amz-target"]}`;
  if (method === "POST" && url === "/" && action.startsWith("AmazonSQS.")) return undefined;
  return reply.code(404).send({ message: "This is an SQS and nothing else" });
}

/**
 * The emulator answers a poller that hung up all the same. What it hands to nobody would stay hidden
 * for the whole visibility timeout, so it goes back to the queue at once.
 */
function takeBackUndelivered(app: Emulator) {
  return async ({ body, raw }: Request, _reply: Reply, answer: unknown) => {
    if (!raw.socket.destroyed || typeof answer !== "string") return;
    const { QueueUrl } = body as { QueueUrl?: string };
    const { Messages = [] } = JSON.parse(answer) as { Messages?: { ReceiptHandle: string }[] };
    for (const { ReceiptHandle } of Messages)
      await app.inject({
        method: "POST",
        url: "/",
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": "AmazonSQS.ChangeMessageVisibility",
        },
        payload: JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      });
  };
}

/** What is used of the emulator's Fastify; the types it ships refer to a namespace that is not there. */
type Emulator = {
  addHook(name: string, hook: (request: Request, reply: Reply, answer: unknown) => unknown): void;
  inject(request: { method: string; url: string; headers: object; payload: string }): unknown;
  listen(address: { port: number; host: string }): Promise<string>;
  close(): Promise<void>;
};

type Request = Pick<IncomingMessage, "headers"> & {
  method: string;
  url: string;
  body: unknown;
  raw: IncomingMessage;
};

type Reply = { code(status: number): { send(body: object): unknown } };
