import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { PermanentError, RetryableError } from "@keepsake/core/serviceErrors";

type RequestOptions = { what: string; deadlineMs: number; body?: string; headers?: object };

/**
 * Sends one request, a POST when it has a body, and resolves to what `use` makes of the answer. A
 * failure on the way, or no end within `deadlineMs`, throws `RetryableError` without the URL.
 */
export async function httpRequest<T>(
  url: URL,
  { what, deadlineMs, body, headers }: RequestOptions,
  use: (answer: http.IncomingMessage) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof PermanentError || error instanceof RetryableError) throw error;
    if (signal.aborted) throw new RetryableError(`${what} took longer than ${deadlineMs} ms`);
    const cause = bare(error);
    throw new RetryableError(`${what} failed: ${cause.message}`, { cause });
  }

  async function attempt(): Promise<T> {
    const { request, agent } = url.protocol === "https:" ? secure : plain;
    const method = body === undefined ? "GET" : "POST";
    const outgoing = request(url, {
      method,
      agent,
      signal,
      headers: { "accept-encoding": "identity", ...headers },
    });
    outgoing.on("error", () => {}); // it may also come when nobody waits for it any more
    try {
      outgoing.end(body);
      const [answer] = await once(outgoing, "response").catch((error) => {
        // An idle connection that was closed in the moment it was taken up again: nothing was read.
        if (outgoing.reusedSocket && !signal.aborted) return [undefined];
        throw error;
      });
      return await (answer === undefined ? attempt() : use(answer));
    } finally {
      outgoing.destroy(); // a connection whose answer was read to its end is kept all the same
    }
  }
}

const plain = { request: http.request, agent: new http.Agent({ keepAlive: true }) };
const secure = { request: https.request, agent: new https.Agent({ keepAlive: true }) };

/** Node's own errors may hold the request with its URL. What went wrong is in these two words. */
function bare(error: unknown): Error {
  const { name = "Error", code } = error as NodeJS.ErrnoException;
  return new Error(code === undefined ? name : `${name} ${code}`);
}

/** A body of at most `maxBytes`; undefined, and not read on, when there is or would be more. */
export async function read(
  answer: http.IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const declared = Number(answer.headers["content-length"]);
  if (declared > maxBytes) return undefined;

  // Copied as it comes: a list of chunks outgrows its bytes when somebody sends them one by one.
  let body = Buffer.allocUnsafeSlow(declared || Math.min(maxBytes, 65_536));
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
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
