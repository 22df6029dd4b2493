import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { S3Error } from "./s3Error.ts";
import { publicPath, type SendRequest } from "./simulator.ts";

/**
 * R2's condition on the destination of a CopyObject, which the simulator does not know. Writes of a key wait
 * for each other, so that no other one can find it free while it is copied to.
 */
export function conditionalCopy(sendRequest: SendRequest) {
  const lastWrites = new Map<string, Promise<unknown>>();

  /** Sends a PUT of a key, `/bucket/key`. Throws S3's 412 for a copy that needs a free key when it is not. */
  async function whileKeyIsFree(
    key: string,
    headers: IncomingHttpHeaders,
    send: () => Promise<IncomingMessage>,
  ): Promise<IncomingMessage> {
    const condition = headers["x-amz-copy-source"] && headers[conditionHeader];
    if (condition !== undefined && condition !== "*")
      throw new S3Error(501, "NotImplemented", `The local R2 knows no ${conditionHeader} but *`);
    const before = lastWrites.get(key);
    const write = (async () => {
      await before?.catch(() => {});
      if (condition && (await exists(key)))
        throw new S3Error(412, "PreconditionFailed", "The destination of the copy exists");
      return send();
    })();
    lastWrites.set(key, write);
    try {
      return await write;
    } finally {
      if (lastWrites.get(key) === write) lastWrites.delete(key);
    }
  }

  async function exists(key: string) {
    const options = { method: "HEAD", path: publicPath + key, headers: {}, body: [] };
    const response = await sendRequest(options);
    response.resume();
    return response.statusCode !== 404;
  }

  return { whileKeyIsFree };
}

const conditionHeader = "cf-copy-destination-if-none-match";
