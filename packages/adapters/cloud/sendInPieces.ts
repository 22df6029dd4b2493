import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";

const pieceBytes = 256 * 1_024;

/**
 * Makes a client write large bodies to the connection piece by piece, as it takes them. Node encrypts a body
 * that is written at once as a whole, into memory of the same size. Each attempt of a call begins anew.
 */
export function sendInPieces({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request: { body?: unknown } };
      const { body } = request;
      if (!Buffer.isBuffer(body) || body.length <= pieceBytes) return next(args);
      return next({ ...args, request: Object.assign(clone(request), { body: pieces(body) }) });
    },
    { step: "deserialize", priority: "low", name: "sendInPieces" }, // after the attempts of a call
  );
}

const clone = <Request extends object>(request: Request): Request =>
  Object.assign(Object.create(Object.getPrototypeOf(request)), request);

const pieces = (body: Buffer) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
    })(),
    { objectMode: true, highWaterMark: 1 },
  );
