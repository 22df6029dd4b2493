import type * as http from "node:http";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";

type RequestOptions = {
  /** What the request is called in errors. */
  what: string;
  /** Until `handleResponse` is done. */
  deadlineMs: number;
  body?: string;
  headers?: object;
  /** Whose sockets are used, instead of those that all requests share. */
  agent?: http.Agent | undefined;
};

/**
 * Sends one request, a POST when it has a body, and resolves to what `handleResponse` returns. A network
 * error, a switch of protocols or a missed deadline throws `RetryableError`; what `handleResponse` throws as
 * `PermanentError` or `RetryableError` is passed on. The deadline ends the call and destroys its socket,
 * whatever the server does. No error holds the URL, which may hold secrets.
 */
export async function httpRequest<T>(
  url: URL,
  { what, deadlineMs, body, headers, agent: ownAgent }: RequestOptions,
  handleResponse: (response: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    deadline.reject(new RetryableError(`${what} took longer than ${deadlineMs} ms`));
  }, deadlineMs);
  let outgoing: http.ClientRequest | undefined;
  let isOver = false;
  try {
    return await Promise.race([attempt(), deadline.promise]);
  } catch (error) {
    if (error instanceof PermanentError || error instanceof RetryableError) throw error;
    const cause = redactError(error);
    throw new RetryableError(`${what} failed: ${cause.message}`, { cause });
  } finally {
    isOver = true;
    clearTimeout(timer);
    outgoing?.destroy(); // has no effect on a connection whose response was read to its end
  }

  async function attempt(): Promise<T> {
    const { request, agent } = url.protocol === "https:" ? overHttps() : overHttp();
    const method = body === undefined ? "GET" : "POST";
    const sent = request(url, {
      method,
      agent: ownAgent ?? agent,
      headers: { "accept-encoding": "identity", ...headers },
    });
    outgoing = sent;
    sent.end(body);
    const response = await responseTo(sent).catch((error) => {
      // The server closed an idle connection just as it was reused. It read nothing: send again.
      if (sent.reusedSocket && !isOver) return undefined;
      throw error;
    });
    return response === undefined ? attempt() : handleResponse(response);
  }
}

/** Rejects, too, when the request ends without a response: for a switch of protocols Node emits no error. */
function responseTo(outgoing: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("error", reject); // also emitted after the response, when nothing awaits it
    outgoing.once("response", resolve);
    outgoing.once("upgrade", (_, socket) => {
      socket.destroy();
      reject(withCode("SWITCHED_PROTOCOLS"));
    });
    outgoing.once("close", () => reject(withCode("NO_RESPONSE")));
  });
}

const withCode = (code: string) => Object.assign(new Error(code), { code });

const overHttp = senderOf("node:http");
const overHttps = senderOf("node:https");

/** How one of Node's modules sends requests, over sockets that are kept open. The first request loads it: 2 ms. */
function senderOf(module: "node:http" | "node:https") {
  let made: { request: typeof http.request; agent: http.Agent } | undefined;
  return () => {
    if (!made) {
      const { request, Agent } = process.getBuiltinModule(module);
      made = { request, agent: new Agent({ keepAlive: true }) };
    }
    return made;
  };
}

/** Name and code only: an error of Node's may hold the request with its URL. */
function redactError(error: unknown): Error {
  const { name = "Error", code } = error as NodeJS.ErrnoException;
  return new Error(code === undefined ? name : `${name} ${code}`);
}

/** A body of at most `maxBytes`. Undefined when it is or says that it is larger; the rest is not read. */
export async function readBody(
  response: http.IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const declared = Number(response.headers["content-length"]);
  if (declared > maxBytes) return undefined;

  // Copied into one buffer: a list of one-byte chunks would take many times the memory of its bytes.
  let body = Buffer.allocUnsafeSlow(declared || Math.min(maxBytes, 65_536));
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const needed = length + chunk.length;
    if (needed > maxBytes) return undefined;
    if (needed > body.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, body.length * 2)));
      body.copy(larger, 0, 0, length);
      body = larger;
    }
    length += chunk.copy(body, length);
  }
  return body.subarray(0, length);
}
