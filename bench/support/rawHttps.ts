import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";

/** The least that a request takes: `node:https` over a kept-alive connection, with no signature, limit or timeout. */
const agent = new Agent({ keepAlive: true });

export async function getRaw(url: string): Promise<Buffer> {
  const outgoing = request(url, { agent }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  response.on("data", (chunk) => chunks.push(chunk));
  await once(response, "end");
  return Buffer.concat(chunks);
}

export async function putRaw(url: string, bytes: Buffer): Promise<void> {
  const headers = { "content-length": bytes.length, "content-type": "image/png" };
  const outgoing = request(url, { method: "PUT", agent, headers }).end(bytes);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
}
