import { sql } from "@keepsake/functions/services/database";
import { type DeadLetter, drop, isAbout, list, listFailed, redrive } from "./deadLetters.ts";

const usage =
  "Usage: npm run dlq -- list | show ID | redrive | drop ID | drop all   (add --stage NAME for a deployed stage)";

/**
 * `npm run dlq`: shows messages that failed every time and rows that have failed, with the reasons; sends
 * the messages back and makes the rows pending again, or deletes messages.
 */
export async function main([name, id, ...more]: string[]) {
  const needsId = name === "show" || name === "drop";
  if (!isCommand(name) || more.length > 0 || needsId !== (id !== undefined)) throw new Error(usage);
  try {
    for (const line of await commands[name](id ?? "")) console.log(line);
  } finally {
    await sql().end({ timeout: 2 });
  }
}

const commands = {
  async list() {
    return [...letterLines(await list()), ...failedLines(await listFailed())];
  },
  async show(id: string) {
    const letters = (await list()).filter((letter) => isAbout(letter, id));
    if (letters.length === 0) throw new Error(notFound(id));
    return letters.map((letter) => JSON.stringify(letter, null, 2));
  },
  async redrive() {
    const { sent, kept, reset } = await redrive();
    return [
      `${sent} sent back to their queues; ${kept} that belong to no row were kept${kept > 0 ? ": delete them with npm run dlq -- drop ID" : ""}`,
      `${reset} failed rows are pending again; the next sweep queues them`,
    ];
  },
  async drop(id: string) {
    const count = await drop(id);
    if (count === 0) throw new Error(id === "all" ? "There are no dead letters" : notFound(id));
    return [`${count} deleted; their rows were left as they are`];
  },
};

function letterLines(letters: DeadLetter[]): string[] {
  if (letters.length === 0) return ["There are no dead letters"];
  return letters.map(
    ({ queue, message_id, row }) =>
      `${queue}  ${message_id}  ${row ? `${row.id}  ${row.status}  ${row.error ?? ""}` : "belongs to no row"}`,
  );
}

function failedLines({ portraits, images, events, first }: Awaited<ReturnType<typeof listFailed>>) {
  const count = portraits + images + events;
  if (count === 0) return ["No portraits, images or events have failed"];
  const more = count - first.length;
  return [
    `${portraits} portraits, ${images} images and ${events} events have failed; npm run dlq -- redrive makes them pending again`,
    ...first.map(({ kind, id, error }) => `${kind}  ${id}  ${error ?? ""}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

const isCommand = (name: string | undefined): name is keyof typeof commands =>
  name !== undefined && Object.hasOwn(commands, name);

const notFound = (id: string) =>
  `There is no dead letter ${id}: npm run dlq -- list shows their ids, and those of their rows`;
