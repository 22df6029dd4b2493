import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { PortraitMessage, RehostMessage } from "@keepsake/contract/messages";
import type { QueueName } from "@keepsake/contract/queues";
import { sql } from "@keepsake/functions/services/database";
import { links } from "../links.ts";
import * as rows from "./deadLetters.sql.ts";

const usage =
  "npm run dlq -- list | show ID | redrive | drop ID|all   (with --stage for a deployed one)";

/** `npm run dlq`: what failed every time, why, and what to do about it. */
export async function main([verb, id, ...more]: string[]) {
  const needsId = verb === "show" || verb === "drop";
  if (!isVerb(verb) || more.length > 0 || needsId !== (id !== undefined)) throw new Error(usage);
  try {
    for (const line of await verbs[verb](id ?? "")) console.log(line);
  } finally {
    await sql().end({ timeout: 2 });
  }
}

export type DeadLetter = {
  queue: QueueName;
  message_id: string;
  body: string;
  /** The row that it is about; undefined when it is about none. */
  row: rows.RowState | undefined;
};

/** Every dead letter there is, with the row it is about. */
export async function list(): Promise<DeadLetter[]> {
  const letters = await receive();
  await release(letters);
  return letters.map(({ message: _, ...letter }) => letter);
}

/**
 * Sends every dead letter that is about a row back to its queue, and makes what was given up pending
 * again. What is about no row stays where it is.
 */
export async function redrive() {
  const letters = await receive();
  const revived = await rows.revive(sql());
  const sent = letters.filter(({ row }) => row !== undefined);
  for (const { queue, body, message } of sent) {
    await sqs().send(
      new SendMessageCommand({ QueueUrl: links.queueUrl(queue), MessageBody: body }),
    );
    await remove(queue, message);
  }
  await release(letters.filter(({ row }) => row === undefined));
  return { sent: sent.length, kept: letters.length - sent.length, revived };
}

/** Deletes one dead letter, or all. Rows are left as they are. */
export async function drop(id: string): Promise<number> {
  const letters = await receive();
  const dropped = letters.filter((letter) => id === "all" || isAbout(letter, id));
  for (const { queue, message } of dropped) await remove(queue, message);
  await release(letters.filter((letter) => !dropped.includes(letter)));
  return dropped.length;
}

const verbs = {
  async list() {
    const letters = await list();
    if (letters.length === 0) return ["No dead letters"];
    return letters.map(
      ({ queue, message_id, row }) =>
        `${queue}  ${message_id}  ${row ? `${row.id}  ${row.status}  ${row.error ?? ""}` : "about no row"}`,
    );
  },
  async show(id: string) {
    const letters = (await list()).filter((letter) => isAbout(letter, id));
    if (letters.length === 0) throw new Error(`There is no dead letter ${id}`);
    return letters.map((letter) => JSON.stringify(letter, null, 2));
  },
  async redrive() {
    const { sent, kept, revived } = await redrive();
    return [
      `${sent} sent back to their queues, ${kept} about no row kept`,
      `${revived} that were given up are pending again`,
    ];
  },
  async drop(id: string) {
    const count = await drop(id);
    if (count === 0) throw new Error(`There is no dead letter ${id}`);
    return [`${count} dropped`];
  },
};

const isVerb = (verb: string | undefined): verb is keyof typeof verbs =>
  verb !== undefined && verb in verbs;

const isAbout = ({ message_id, row }: DeadLetter, id: string) =>
  message_id === id || row?.id === id;

let client: SQSClient | undefined;
function sqs() {
  client ??= new SQSClient({ endpoint: new URL(links.queueUrl("PortraitQueue")).origin });
  return client;
}

type Received = DeadLetter & { message: Message };

/** Lets others see at once what was only looked at. */
async function release(letters: Received[]) {
  await Promise.all(
    letters.map(({ queue, message: { ReceiptHandle } }) => {
      const QueueUrl = links.deadLetterUrl(queue);
      const again = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
      return sqs().send(new ChangeMessageVisibilityCommand(again));
    }),
  );
}

async function receive(): Promise<Received[]> {
  const perQueue = await Promise.all(links.queueNames.map(receiveFrom));
  return perQueue.flat();
}

async function receiveFrom(queue: QueueName) {
  const QueueUrl = links.deadLetterUrl(queue);
  const messages: Message[] = [];
  for (let left = await countOf(QueueUrl); left > 0; ) {
    const command = {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 30,
      WaitTimeSeconds: 1,
    };
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand(command));
    if (Messages.length === 0) break;
    messages.push(...Messages);
    left -= Messages.length;
  }

  const ids = messages.map(({ Body }) => idIn(queue, Body ?? ""));
  const known = ids.filter((id) => id !== undefined);
  const find = queue === "PortraitQueue" ? rows.findPieces : rows.findImages;
  const found = known.length > 0 ? await find(sql(), known) : [];
  return messages.map((message, index) => ({
    queue,
    message_id: message.MessageId ?? "",
    body: message.Body ?? "",
    row: found.find(({ id }) => id === ids[index]),
    message,
  }));
}

async function countOf(QueueUrl: string) {
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const { Attributes } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}

/** The id of the row that a message is about; undefined when it is no such message. */
function idIn(queue: QueueName, body: string): string | undefined {
  try {
    const message: unknown = JSON.parse(body);
    return queue === "PortraitQueue"
      ? PortraitMessage.parse(message).piece_id
      : RehostMessage.parse(message).image_id;
  } catch {
    return undefined;
  }
}

const remove = (queue: QueueName, { ReceiptHandle }: Message) =>
  sqs().send(new DeleteMessageCommand({ QueueUrl: links.deadLetterUrl(queue), ReceiptHandle }));
