import type { Message } from "@aws-sdk/client-sqs";
import {
  EventMessage,
  ExportMessage,
  PortraitMessage,
  RehostMessage,
  UploadMessage,
} from "@keepsake/contract/messages";
import type { QueueName } from "@keepsake/contract/queues";
import { sql } from "@keepsake/functions/services/database";
import { links } from "../links.ts";
import { receiveAll, release, remove, sendBack } from "./deadLetterMessages.ts";
import * as rows from "./deadLetters.sql.ts";

export type DeadLetter = {
  queue: QueueName;
  message_id: string;
  body: string;
  /** The row that the message names; undefined when it names none, or the row does not exist. */
  row: rows.RowState | undefined;
};

/** Every dead letter, with its row. */
export async function list(): Promise<DeadLetter[]> {
  const letters = await receive();
  await releaseAll(letters);
  return letters.map(({ message: _, ...letter }) => letter);
}

/** How many portraits, images and events have failed, and the first 20 with their reasons. */
export async function listFailed() {
  const counts = await rows.countFailed(sql());
  return { ...counts, first: await rows.findFailed(sql(), 20) };
}

/**
 * Sends every dead letter that has a row back to its queue, and makes failed rows pending again. Messages
 * without a row stay where they are.
 */
export async function redrive() {
  const letters = await receive();
  const reset = await rows.resetFailed(sql());
  const sent = letters.filter(({ row }) => row !== undefined);
  for (const { queue, message } of sent) await sendBack(queue, message);
  await releaseAll(letters.filter(({ row }) => row === undefined));
  return { sent: sent.length, kept: letters.length - sent.length, reset };
}

/** Deletes the dead letters with this id, or with `all` every one, and resolves to their number. */
export async function drop(id: string): Promise<number> {
  const letters = await receive();
  const dropped = letters.filter((letter) => id === "all" || isAbout(letter, id));
  for (const { queue, message } of dropped) await remove(queue, message);
  await releaseAll(letters.filter((letter) => !dropped.includes(letter)));
  return dropped.length;
}

/** True when the id is that of the message or of its row. */
export const isAbout = ({ message_id, row }: DeadLetter, id: string) =>
  message_id === id || row?.id === id;

type ReceivedLetter = DeadLetter & { message: Message };

async function receive(): Promise<ReceivedLetter[]> {
  const perQueue = await Promise.all(
    links.queueNames().map(async (queue) => withRows(queue, await receiveAll(queue))),
  );
  return perQueue.flat();
}

async function withRows(queue: QueueName, messages: Message[]): Promise<ReceivedLetter[]> {
  const ids = messages.map(({ Body = "" }) => parseRowId(queue, Body));
  const known = ids.filter((id) => id !== undefined);
  const find = finders[queue];
  const found = known.length > 0 ? await find(sql(), known) : [];
  return messages.map((message, index) => ({
    queue,
    message_id: message.MessageId ?? "",
    body: message.Body ?? "",
    row: found.find(({ id }) => id === ids[index]),
    message,
  }));
}

/** The id of the row that a message names; undefined when the message does not have the queue's form. */
function parseRowId(queue: QueueName, body: string): string | undefined {
  try {
    const message: unknown = JSON.parse(body);
    return rowIds[queue](message);
  } catch {
    return undefined;
  }
}

const finders: Record<QueueName, typeof rows.findImages> = {
  PortraitQueue: rows.findPieces,
  RehostQueue: rows.findImages,
  UploadQueue: rows.findImages,
  ExportQueue: rows.findExports,
  EventQueue: rows.findEvents,
};

/** Each throws when the message does not have the form. */
const rowIds: Record<QueueName, (message: unknown) => string> = {
  PortraitQueue: (message) => PortraitMessage.parse(message).piece_id,
  RehostQueue: (message) => RehostMessage.parse(message).image_id,
  UploadQueue: (message) => UploadMessage.parse(message).upload_id,
  ExportQueue: (message) => ExportMessage.parse(message).export_id,
  EventQueue: (message) => EventMessage.parse(message).event_id,
};

async function releaseAll(letters: ReceivedLetter[]) {
  await Promise.all(letters.map(({ queue, message }) => release(queue, message)));
}
