import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { PermanentError, RetryableError } from "@keepsake/core/serviceErrors";

type RequestOptions = {
  /** What the request is called in errors. */
  what: string;
  /** Until `handleResponse` is done. */
  deadlineMs: number;
  body?: string;
  headers?: object;
};

/**
 * Sends one request, a POST when it has a body, and resolves to what `handleResponse` returns. A network
 * error or a missed deadline throws `RetryableError`; what `handleResponse` throws as `PermanentError` or
 * `RetryableError` is passed on. No error holds the URL, which may hold secrets.
 */
export async function httpRequest<T>(
  url: URL,
  { what, deadlineMs, body, headers }: RequestOptions,
  handleResponse: (response: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof PermanentError || error instanceof RetryableError) throw error;
    if (signal.aborted) throw new RetryableError(`${what} took longer than ${deadlineMs} ms`);
    const cause = redactError(error);
    throw new RetryableError(`${what} failed: ${cause.message}`, { cause });
  }

  async function attempt(): Promise<T> {
    const { request, agent } = url.protocol === "https:" ? overHttps : overHttp;
    const method = body === undefined ? "GET" : "POST";
    const outgoing = request(url, {
      method,
      agent,
      signal,
      headers: { "accept-encoding": "identity", ...headers },
    });
    outgoing.on("error", () => {}); // also emitted after the response, when nothing awaits it
    try {
      outgoing.end(body);
      const [response] = await once(outgoing, "response").catch((error) => {
        // The server closed an idle connection just as it was reused. It read nothing: send again.
        if (outgoing.reusedSocket && !signal.aborted) return [undefined];
        throw error;
      });
      return await (response === undefined ? attempt() : handleResponse(response));
    } finally {
      outgoing.destroy(); // has no effect on a connection whose response was read to its end
    }
  }
}

const overHttp = { request: http.request, agent: new http.Agent({ keepAlive: true }) };
const overHttps = { request: https.request, agent: new https.Agent({ keepAlive: true }) };

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
