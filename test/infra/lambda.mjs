import { createRequire } from "node:module";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";

/** A minimal Lambda runtime: loads a bundle, passes it one event and sends back the response. */
globalThis.awslambda = {
  streamifyResponse: (streaming) => async (event, context) => {
    const stream = new PassThrough();
    const [body] = await Promise.all([text(stream), streaming(event, stream, context)]);
    return { ...stream.prelude, body };
  },
  HttpResponseStream: { from: (stream, prelude) => Object.assign(stream, { prelude }) },
};
const { handler } = createRequire(import.meta.url)(process.argv[2]);

process.once("message", async (event) => {
  const context = { awsRequestId: "first", getRemainingTimeInMillis: () => 5_000 };
  process.send(await handler(event, context), () => process.exit());
});
