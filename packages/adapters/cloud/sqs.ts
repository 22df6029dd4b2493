import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "@keepsake/core/ports";
import { RetryableError } from "@keepsake/core/serviceErrors";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import { httpRequest, read } from "../http.ts";

/** A queue on SQS. Its URL says where SQS is. */
export type QueueLink = { url: string };

/** Who calls AWS: in Lambda, the function's role. */
export type Role = {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
};

/** What is told of messages that were not accepted: the reason never comes further than this. */
type Unsent = (reason: unknown, count: number) => void;

/**
 * A queue whose `send` gives up after 2 attempts of 3 s each: a caller is waiting for an answer. It asks
 * SQS itself: AWS's client is 340 kB and half of a cold start, for this one request.
 */
export function sqs<Message>({ url: QueueUrl }: QueueLink, role: Role, onUnsent: Unsent) {
  const endpoint = new URL("/", QueueUrl);
  const sha256 = Hash.bind(null, "sha256") as never;
  const signer = new SignatureV4({ ...role, service: "sqs", sha256 });

  const queue: Queue<Message> = {
    async send(messages) {
      const unsent = await Promise.all(inTens(messages).map(sendBatch));
      return unsent.flat();
    },
  };
  return queue;

  async function sendBatch(messages: Message[]): Promise<Message[]> {
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(message),
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

  async function sendMessageBatch(body: string, attempt = 1): Promise<Answer> {
    try {
      const { headers } = await signer.sign(
        new HttpRequest({
          method: "POST",
          hostname: endpoint.hostname,
          path: endpoint.pathname,
          headers: {
            host: endpoint.host,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": "AmazonSQS.SendMessageBatch",
          },
          body,
        }),
      );
      const options = { what: "SQS", deadlineMs: 3_000, headers, body };
      return await httpRequest(endpoint, options, async (response) => {
        const answer: Answer = JSON.parse(`${await read(response, answerBytes)}`);
        if (response.statusCode === 200) return answer;
        throw new RetryableError(`SQS answered ${response.statusCode} ${answer.__type}`);
      });
    } catch (error) {
      if (attempt === 2) throw error;
      await sleep(50 * (1 + Math.random()));
      return sendMessageBatch(body, 2);
    }
  }
}

/** What SQS says of the messages it did not take, or of why it took none. */
type Answer = { Failed?: { Id: string; Code: string }[]; __type?: string };

const answerBytes = 1_000_000;

/** SQS takes ten messages a call. */
function inTens<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / 10) }, (_, batch) =>
    items.slice(batch * 10, batch * 10 + 10),
  );
}
