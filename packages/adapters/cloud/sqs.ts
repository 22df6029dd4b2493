import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { Queue } from "@keepsake/core/ports";
import { httpRequest, readBody } from "../httpRequest.ts";
import { awsRequestSigner, type Role } from "./awsRequestSigner.ts";

/** A queue on SQS. Requests go to the origin of its URL. */
export type QueueLink = { url: string };

/** Called with the reason when messages were not accepted; `send` does not return the reason. */
type OnUnsent = (reason: unknown, count: number) => void;

/**
 * The id of the request that queues messages, which each of them gets as an attribute: consumers of any
 * release read the same bodies.
 */
type RequestId = () => string | undefined;

/**
 * A queue whose `send` gives up after 2 attempts of 3 s each, because a caller waits for it. It calls SQS
 * without AWS's client, which is 340 kB and half of a cold start, for this one request.
 */
export function sqs<Message>(
  { url: QueueUrl }: QueueLink,
  role: Role,
  onUnsent: OnUnsent,
  requestId: RequestId = () => undefined,
) {
  const endpoint = new URL("/", QueueUrl);
  const sign = awsRequestSigner("sqs", endpoint, role);

  const queue: Queue<Message> = {
    async send(messages, { delaySeconds } = {}) {
      const unsent = await Promise.all(
        batchesOfTen(messages).map((batch) => sendBatch(batch, delaySeconds)),
      );
      return unsent.flat();
    },
  };
  return queue;

  async function sendBatch(messages: Message[], DelaySeconds?: number): Promise<Message[]> {
    const StringValue = requestId();
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(message),
      ...(DelaySeconds !== undefined && { DelaySeconds }),
      ...(StringValue && {
        MessageAttributes: { request_id: { DataType: "String", StringValue } },
      }),
    }));
    try {
      const { Failed = [] } = await sendMessageBatch(JSON.stringify({ QueueUrl, Entries }));
      if (Failed.length > 0) onUnsent(new Error(Failed[0]!.Code), Failed.length);
      return Failed.map(({ Id }) => messages[Number(Id)]!);
    } catch (error) {
      onUnsent(error, messages.length);
      return messages;
    }
  }

  async function sendMessageBatch(body: string, attempt = 1): Promise<SendResult> {
    try {
      const action = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AmazonSQS.SendMessageBatch",
      };
      const headers = await sign(action, body);
      const options = { what: "SQS", deadlineMs: 3_000, headers, body };
      return await httpRequest(endpoint, options, async (response) => {
        const result: SendResult = JSON.parse(`${await readBody(response, maxResponseBytes)}`);
        if (response.statusCode === 200) return result;
        throw new RetryableError(`SQS answered ${response.statusCode} ${result.__type}`);
      });
    } catch (error) {
      if (attempt === 2) throw error;
      await sleep(50 * (1 + Math.random()));
      return sendMessageBatch(body, 2);
    }
  }
}

/** `Failed` are the messages that SQS rejected; `__type` is the error when it rejected the request. */
type SendResult = { Failed?: { Id: string; Code: string }[]; __type?: string };

const maxResponseBytes = 1_000_000;

/** SQS accepts at most ten messages per call. */
function batchesOfTen<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / 10) }, (_, batch) =>
    items.slice(batch * 10, batch * 10 + 10),
  );
}
