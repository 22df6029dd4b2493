import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";

type Prelude = { statusCode?: number; headers?: Record<string, string> };

/** What a streamed invocation writes to. Its status and headers go out with the first byte, as on Lambda. */
export class ResponseStream extends Writable {
  prelude: Prelude = {};
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    super();
    this.response = response;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    if (this.response.destroyed) return done(); // Lambda runs on to its end when the client is gone
    this.#open();
    if (chunk.length === 0 || this.response.write(chunk)) return done();
    const resume = () => {
      this.response.off("drain", resume).off("close", resume);
      done();
    };
    this.response.on("drain", resume).on("close", resume);
  }

  override _final(done: () => void) {
    this.#open();
    this.response.end();
    done();
  }

  #open() {
    if (this.response.headersSent) return;
    const { statusCode = 200, headers = {} } = this.prelude;
    this.response.writeHead(statusCode, headers);
    this.response.flushHeaders();
  }
}

/** The global of Lambda's Node runtime. Handlers that stream ask for it when they are imported. */
export function installStreaming() {
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
