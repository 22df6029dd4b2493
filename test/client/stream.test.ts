import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@keepsake/client";
import type { CharacterEvent } from "@keepsake/contract/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const character = {
  type: "character" as const,
  name: "Åsa 🦊",
  description: "a: b\nnaïve 日\u2028next",
  details: {},
};
const events: CharacterEvent[] = [
  { type: "character", index: 0, character },
  { type: "portrait", index: 0, image_portrait_base64: "iVBORw0KGgo=" },
  { type: "done" },
];

/** Events as `streamCharacters` sends them. */
const frames = events.map(
  ({ type, ...data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`,
);
const stream = Buffer.from(frames.join(""));

let streamUrl: string;
const server = createServer();
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  streamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

describe("client.streamCharacters", () => {
  test("reads an event that is cut in two at any byte", async () => {
    const event = Buffer.from(frames[0]!);
    const chunks = Array.from(event, (_, at) => [event.subarray(0, at), event.subarray(at)])
      .flat()
      .slice(1);
    const received = await receive([...chunks, Buffer.from(frames.at(-1)!)]);
    expect(received).toEqual([...Array.from(event, () => events[0]), events.at(-1)]);
  });

  test("reads a stream that arrives byte by byte", async () => {
    expect(await receive(bytesOf(stream))).toEqual(events);
  });

  test("reads several events that arrive at once", async () => {
    expect(await receive([stream])).toEqual(events);
  });

  test("reads lines that end in CRLF, wherever they are cut", async () => {
    const crlf = Buffer.from(frames.join("").replaceAll("\n", "\r\n"));
    expect(await receive([crlf])).toEqual(events);
    expect(await receive(bytesOf(crlf))).toEqual(events);
  });

  test("skips heartbeats before, between and inside events", async () => {
    const heartbeat = ": heartbeat\n\n";
    const [first, ...others] = frames.map((frame) => frame + heartbeat);
    const commented = first!.replace("\ndata:", "\n: heartbeat\ndata:");
    const body = Buffer.from([heartbeat, heartbeat, commented, ...others].join(""));
    expect(await receive([body])).toEqual(events);
    expect(await receive(bytesOf(body))).toEqual(events);
  });

  test("reads characters of several bytes that are cut in half", async () => {
    for (const symbol of ["Å", "ï", "日", "🦊"]) {
      const start = stream.indexOf(symbol);
      for (let at = start + 1; at < start + Buffer.byteLength(symbol); at += 1)
        expect(await receive([stream.subarray(0, at), stream.subarray(at)])).toEqual(events);
    }
  });

  test("passes an event on while the stream is still open", async () => {
    const { client, connection } = serve();
    const received = client.streamCharacters({ theme: "norse", count: 1 });
    const first = received.next();
    const response = await connection;
    for (const [index, frame] of frames.entries()) {
      response.write(frame);
      expect((await (index === 0 ? first : received.next())).value).toEqual(events[index]);
    }
    expect(await received.next()).toEqual({ done: true, value: undefined });
  });

  test("ends after `done`, whatever follows", async () => {
    expect(await receive([stream, Buffer.from(frames[0]!)])).toEqual(events);
  });

  test("throws the error that the stream reports", async () => {
    const error = { code: "generation.late", message: "Try again", request_id: "r-1" };
    const frame = Buffer.from(`event: error\ndata: ${JSON.stringify({ error })}\n\n`);
    await expect(receive([frame])).rejects.toMatchObject({
      code: "generation.late",
      message: "Try again",
      requestId: "r-1",
    });
  });

  test.for([
    ["without `done`", Buffer.from(frames[0]!)],
    ["inside an event", stream.subarray(0, frames[0]!.length - 10)],
    ["inside a character", stream.subarray(0, stream.indexOf("🦊") + 2)],
  ] as const)("throws service.unavailable when the stream ends %s", async ([, body]) => {
    await expect(receive([body])).rejects.toMatchObject({
      code: "service.unavailable",
      message: expect.stringContaining("try again"),
    });
  });

  test("throws service.unavailable when the connection is lost inside an event", async () => {
    const { client, connection } = serve();
    const received = client.streamCharacters({ theme: "norse", count: 1 });
    const first = received.next();
    const response = await connection;
    response.write(frames[0]);
    await first;
    response.write("event: portr", () => response.destroy());
    await expect(received.next()).rejects.toMatchObject({ code: "service.unavailable" });
  });

  test.for([
    ["AbortError", undefined, { name: "AbortError" }],
    ["the reason of its signal", new Error("left the page"), { message: "left the page" }],
  ] as const)("disconnects and throws %s when it is aborted", async ([, reason, thrown]) => {
    const { received, abort, closed } = await receiveFirst();
    const next = received.next();
    abort.abort(reason);
    await expect(next).rejects.toMatchObject(thrown);
    await closed;
  });

  test("throws the reason of its signal when it is aborted before the response", async () => {
    const abort = new AbortController();
    const reason = new Error("left the page");
    const aborted: typeof fetch = (_url, init) => {
      const answer = new Promise<never>((_, reject) =>
        init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)),
      );
      abort.abort(reason);
      return answer;
    };
    const client = createClient({ baseUrl: "http://127.0.0.1", streamUrl, fetch: aborted });
    const options = { signal: abort.signal };
    const received = client.streamCharacters({ theme: "norse", count: 1 }, options);
    await expect(received.next()).rejects.toBe(reason);
    const again = client.streamCharacters({ theme: "norse", count: 1 }, options);
    await expect(again.next()).rejects.toBe(reason);
  });

  test("disconnects when it is aborted in a browser without AbortSignal.any", async ({
    onTestFinished,
  }) => {
    const { any } = AbortSignal;
    onTestFinished(() => void Object.assign(AbortSignal, { any }));
    Object.assign(AbortSignal, { any: undefined });
    const { abort, closed } = await receiveFirst();
    abort.abort();
    await closed;
  });

  test("disconnects when the loop is left", async () => {
    const { client, connection } = serve();
    const closed = connection.then(async (response) => {
      response.write(frames[0]);
      await once(response, "close");
    });
    for await (const event of client.streamCharacters({ theme: "norse", count: 1 })) {
      expect(event).toEqual(events[0]);
      break;
    }
    await closed;
  });
});

/** The events that the client yields for a body of these chunks, each sent once the last was read. */
async function receive(chunks: Buffer[]): Promise<CharacterEvent[]> {
  let onRead = () => {};
  const { client, connection } = serve(async (...request) => {
    const response = await fetch(...request);
    const chunksRead = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        onRead();
      },
    });
    return new Response(response.body!.pipeThrough(chunksRead), response);
  });
  const sent = connection.then(async (response) => {
    const closed = once(response, "close");
    for (const chunk of chunks) {
      const read = new Promise<void>((resolve) => {
        onRead = resolve;
      });
      response.write(chunk);
      await Promise.race([read, closed]);
    }
    response.end();
  });
  const received: CharacterEvent[] = [];
  for await (const event of client.streamCharacters({ theme: "norse", count: 1 }))
    received.push(event);
  await sent;
  return received;
}

/** A client, and the server's response to its next request. */
function serve(send = fetch) {
  const connection = new Promise<ServerResponse>((resolve) =>
    server.once("request", (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      resolve(response);
    }),
  );
  return { client: createClient({ baseUrl: streamUrl, streamUrl, fetch: send }), connection };
}

/** A stream of which one event has arrived, and what aborts it. `closed` waits until the server sees that. */
async function receiveFirst() {
  const { client, connection } = serve();
  const abort = new AbortController();
  const options = { signal: abort.signal };
  const received = client.streamCharacters({ theme: "norse", count: 1 }, options);
  const first = received.next();
  const response = await connection;
  const closed = once(response, "close");
  response.write(frames[0]);
  await first;
  return { received, abort, closed };
}

const bytesOf = (body: Buffer) => Array.from(body, (byte) => Buffer.of(byte));
