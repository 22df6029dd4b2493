import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";
import type { Context } from "aws-lambda";

/** A deployed function: its handler and its timeout. */
export type LambdaFunction = {
  name: string;
  handler: (event: never, context: Context) => Promise<unknown>;
  timeoutMs: number;
};

/** A deployed function that streams its response, behind a function URL. */
export type StreamingFunction = {
  name: string;
  handler: (event: never, stream: Writable, context: Context) => Promise<void>;
  timeoutMs: number;
};

/** Lambda's limit for an event and for a response: 6 MB. */
export const payloadLimitBytes = 6_291_556;

/**
 * Invokes a function as Lambda does: event and result are copied as JSON, so no object is shared. Throws
 * `FunctionTimeoutError` after the function's timeout, and whatever error the function throws.
 */
export async function invoke(lambda: LambdaFunction, event: object): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new FunctionTimeoutError(lambda)), lambda.timeoutMs);
  });
  try {
    const run = lambda.handler(
      JSON.parse(JSON.stringify(event)) as never,
      invocationContext(lambda),
    );
    const result = await Promise.race([run, timeout]);
    return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
  } finally {
    clearTimeout(timer);
  }
}

export class FunctionTimeoutError extends Error {
  constructor({ name, timeoutMs }: LambdaFunction) {
    super(`${name} timed out after ${timeoutMs} ms`);
  }
}

/** The context object of one invocation. */
export function invocationContext({
  name,
  timeoutMs,
}: {
  name: string;
  timeoutMs: number;
}): Context {
  const deadline = Date.now() + timeoutMs;
  return {
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    memoryLimitInMB: "1024",
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done() {},
    fail() {},
    succeed() {},
  };
}
