import type { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { buildApp } from "fauxqs";
import { accessKeyOf, type Credentials, isSigned } from "./awsSignature.ts";
import { guard } from "./hostAndOrigin.ts";
import { freePort } from "./listen.ts";

/**
 * Starts an SQS on 127.0.0.1 that keeps its queues in memory. The URL of a queue from CreateQueue is
 * `{endpoint}/000000000000/{name}`; the URLs that the emulator returns do not resolve. The port is a
 * preference. Requests must be signed with the keys of `localSqsKeys`.
 */
export async function embeddedSqs({ port }: { port: number }) {
  const app: Emulator = buildApp({ logger: false });
  guard(app.server, { isSigned: true });
  app.addHook("onRequest", rejectOtherServices);
  app.addHook("preParsing", verifySignature);
  app.addHook("onSend", returnUndelivered(app));
  // on close it ends waiting polls, then closes the connections: the responses are sent in between
  app.addHook("preClose", () => nextTurn());

  const endpoint = await app.listen({ port: await freePort(port), host: "127.0.0.1" });
  return {
    endpoint,
    /** Ends waiting polls with an empty response, then deletes every queue. */
    stop: async () => {
      await app.close();
    },
  };
}

/** The emulator also implements S3 and SNS, without authentication. They are not used here. */
async function rejectOtherServices({ method, url, headers }: Request, reply: Reply) {
  const action = `${headers["x-amz-target"]}`;
  if (method === "POST" && url === "/" && action.startsWith("AmazonSQS.")) return undefined;
  return reply.code(404).send({ message: "Only SQS is served here" });
}

export const localSqsKeys: Credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** Passes the body on when the signature covers it. */
async function verifySignature(request: Request, reply: Reply, payload: unknown) {
  const body = await buffer(payload as Readable);
  const { method, url: path, headers } = request;
  const isInjected = !(request.raw.socket instanceof Socket); // by `returnUndelivered`
  if (!isInjected && !isSigned({ method, path, headers, body }, localSqsKeys)) {
    const isKnown = accessKeyOf(request) === localSqsKeys.accessKeyId;
    return reply.code(403).send({
      __type: `com.amazon.coral.service#${isKnown ? "InvalidSignatureException" : "UnrecognizedClientException"}`,
      message: isKnown
        ? "The signature is not that of the local keys"
        : "The local SQS knows the access key id local only",
    });
  }
  return Object.assign(Readable.from([body]), { receivedEncodedLength: body.length });
}

/**
 * The emulator also responds to a poller that disconnected. Those messages would be invisible for the
 * whole visibility timeout, so they are returned to the queue at once.
 */
function returnUndelivered(app: Emulator) {
  return async ({ body, raw }: Request, _reply: Reply, payload: unknown) => {
    if (!raw.socket.destroyed || typeof payload !== "string") return;
    const { QueueUrl } = body as { QueueUrl?: string };
    const { Messages = [] } = JSON.parse(payload) as { Messages?: { ReceiptHandle: string }[] };
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

/** The part of the emulator's Fastify that is used here; its own types refer to a missing namespace. */
type Emulator = {
  server: Server;
  addHook(name: string, hook: (request: Request, reply: Reply, payload: unknown) => unknown): void;
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
