import { S3ServiceException } from "@aws-sdk/client-s3";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";

/** Whether S3 answered with the error of this name. */
export const isS3Error = (error: unknown, name: string): error is S3ServiceException =>
  error instanceof S3ServiceException && error.name === name;

/** The result of a call; an error that may pass becomes a `RetryableError`, which names the cause. */
export async function retryable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    if (!(cause instanceof Error) || !mayPass(cause)) throw cause;
    throw new RetryableError(`The bucket did not answer as it should (${cause.name})`, { cause });
  }
}

/** Whether the connection failed or took too long, or the store failed, is busy or got the body in pieces. */
function mayPass(error: Error): boolean {
  if (!(error instanceof S3ServiceException))
    return error.name === "TimeoutError" || ("code" in error && networkCodes.test(`${error.code}`));
  const status = error.$metadata.httpStatusCode ?? 500;
  return status >= 500 || status === 429 || brokenRequests.includes(error.name);
}

/** Of sockets, of a response that is no HTTP, and of a body that ended early; other `ERR_…` are mistakes. */
const networkCodes = /^(E(?!RR_)|HPE_|ERR_STREAM_PREMATURE_CLOSE$)/;

/** Answered with 400, when the connection broke or altered the body. */
const brokenRequests = ["IncompleteBody", "RequestTimeout", "BadDigest"];
