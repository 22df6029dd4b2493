import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";
import type { Context } from "aws-lambda";

/** A deployed function: the handler of its file, and how long it may run. */
export type LambdaFunction = {
  name: string;
  handler: (event: never, context: Context) => Promise<unknown>;
  timeoutMs: number;
};

/** A function that answers as a stream, behind a function URL. */
export type StreamingFunction = {
  name: string;
  handler: (event: never, stream: Writable, context: Context) => Promise<void>;
  timeoutMs: number;
};

/** Lambda takes events and gives answers of up to 6 MB. */
export const payloadLimitBytes = 6_291_556;

/**
 * Invokes a function as Lambda does: event and answer cross as JSON, so nothing is shared. Throws
 * `TimedOut` when the function takes longer than it may, and what the function throws.
 */
export async function invoke(lambda: LambdaFunction, event: object): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(lambda)), lambda.timeoutMs);
  });
  try {
    const run = lambda.handler(JSON.parse(JSON.stringify(event)) as never, context(lambda));
    const answer = await Promise.race([run, timeout]);
    return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
  } finally {
    clearTimeout(timer);
  }
}

export class TimedOut extends Error {
  constructor({ name, timeoutMs }: LambdaFunction) {
    super(`${name} timed out after ${timeoutMs} ms`);
  }
}

/** What a function is told of its invocation. */
export function context({ name, timeoutMs }: { name: string; timeoutMs: number }): Context {
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
