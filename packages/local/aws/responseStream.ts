import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";

type Prelude = { statusCode?: number; headers?: Record<string, string> };

/** The response stream of an invocation. Status and headers are sent with the first byte, as on Lambda. */
export class ResponseStream extends Writable {
  prelude: Prelude = {};
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    super();
    this.response = response;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    if (this.response.destroyed) return done(); // on Lambda, too, the function runs to its end after the client disconnects
    this.#sendHeaders();
    if (chunk.length === 0 || this.response.write(chunk)) return done();
    const resume = () => {
      this.response.off("drain", resume).off("close", resume);
      done();
    };
    this.response.on("drain", resume).on("close", resume);
  }

  override _final(done: () => void) {
    this.#sendHeaders();
    this.response.end();
    done();
  }

  #sendHeaders() {
    if (this.response.headersSent) return;
    const { statusCode = 200, headers = {} } = this.prelude;
    this.response.writeHead(statusCode, headers);
    this.response.flushHeaders();
  }
}

/** Defines `awslambda`, a global of Lambda's Node runtime that streaming handlers use when they are imported. */
export function installResponseStreaming() {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: object) => handler,
      HttpResponseStream: {
        from(stream: ResponseStream, prelude: Prelude) {
          stream.prelude = prelude;
          return stream;
        },
      },
    },
  });
}
