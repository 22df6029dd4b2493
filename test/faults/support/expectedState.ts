import { type Client, type ErrorCode, KeepsakeError } from "@keepsake/client";
import type { PortraitMessage } from "@keepsake/contract/messages";
import { expect } from "vitest";
import { character } from "../../support/pieceDrafts.ts";
import { deliver, sweep, type TestStack } from "../../support/stack.ts";
import { bytesAt, putTo, sha256Of, uploadRequest } from "../../support/uploadRequests.ts";
import type { Command } from "./randomCommands.ts";

/** What the commands' responses said, and so what must be true in the end. */
export type Model = {
  stack: TestStack;
  client: Client;
  pictures: readonly Buffer[];
  worlds: { world_id: string; isDeleted: boolean }[];
  pieces: Piece[];
  tickets: {
    upload_id: string;
    url: string;
    headers: Record<string, string>;
    bytes: Buffer;
    /** Its URL has expired. The test must not use it: no days have passed for R2. */
    isExpired: boolean;
  }[];
  /** SHA-256 of every image in a response, by id. */
  images: Map<string, string>;
  deletedImages: Set<string>;
};

type Piece = {
  piece_id: string;
  world_id: string;
  /** SHA-256 of the pictures that it may show: one, or those that were sent concurrently. */
  shows: Set<string>;
  versions: number;
};

/** SHA-256 of the portraits that one step's commands sent, by piece. */
type Replacements = Map<Piece, Set<string>>;

let models = 0;

/** An empty model with an owner of its own. */
export function newModel(stack: TestStack, pictures: readonly Buffer[]): Model {
  models += 1;
  const client = stack.client(`owner ${models}`);
  const [images, deletedImages] = [new Map<string, string>(), new Set<string>()];
  return { stack, client, pictures, worlds: [], pieces: [], tickets: [], images, deletedImages };
}

/** Runs commands concurrently. Which of two concurrent replacements is the newer one is not known. */
export async function runConcurrently(model: Model, commands: Command[]) {
  const replacements: Replacements = new Map();
  await Promise.all(commands.map((command) => run(model, command, replacements)));
  for (const [piece, shows] of replacements) piece.shows = shows;
}

async function run(model: Model, command: Command, replacements: Replacements) {
  const { stack, client, pictures, worlds, pieces, tickets, images } = model;
  const itemAt = <T>(items: T[], index: number) => items[index % Math.max(1, items.length)];
  const recordReplacement = (piece: Piece, sha256: string) => {
    piece.versions += 1;
    replacements.set(piece, (replacements.get(piece) ?? new Set()).add(sha256));
  };
  const recordPiece = (world_id: string, piece_id: string, bytes: Buffer) =>
    pieces.push({ world_id, piece_id, shows: new Set([sha256Of(bytes)]), versions: 1 });

  switch (command.does) {
    case "create": {
      const bytes = pictures[command.picture]!;
      const { world } = await client.createWorld({
        theme: "norse",
        pieces: [await character("Mira", bytes)],
      });
      worlds.push({ world_id: world.world_id, isDeleted: false });
      recordPiece(world.world_id, world.pieces[0]!.piece_id, bytes);
      return;
    }
    case "add": {
      const world = itemAt(worlds, command.at);
      if (!world) return;
      const { world_id } = world;
      const bytes = pictures[command.picture]!;
      const draft = await character("Odd", bytes);
      const added = await allowErrors(client.addPieces({ world_id, pieces: [draft] }), [
        "world.not_found",
      ]);
      if (added) recordPiece(world_id, added.pieces[0]!.piece_id, bytes);
      return;
    }
    case "replace": {
      const piece = itemAt(pieces, command.at);
      if (!piece) return;
      const { world_id, piece_id } = piece;
      const bytes = pictures[command.picture]!;
      const image_portrait_base64 = bytes.toString("base64");
      const input = { world_id, piece_id, image_portrait_base64 };
      if (await allowErrors(client.replacePortrait(input), ["piece.not_found"]))
        recordReplacement(piece, sha256Of(bytes));
      return;
    }
    case "replace by image": {
      const piece = itemAt(pieces, command.at);
      const [image_id, sha256] = itemAt([...images], command.image) ?? [];
      if (!piece || image_id === undefined || sha256 === undefined) return;
      const { world_id, piece_id } = piece;
      const replacing = client.replacePortrait({ world_id, piece_id, image_id });
      if (await allowErrors(replacing, ["piece.not_found", "image.not_published"]))
        recordReplacement(piece, sha256);
      return;
    }
    case "presign": {
      const bytes = pictures[command.picture]!;
      const { reuse } = command;
      const presigned = await client.presignUpload({ ...uploadRequest(bytes), reuse });
      if ("image" in presigned) images.set(presigned.image.image_id, sha256Of(bytes));
      else tickets.push({ ...presigned, bytes, isExpired: false });
      return;
    }
    case "put": {
      const ticket = itemAt(tickets, command.at);
      if (ticket && !ticket.isExpired)
        expect([200, 412]).toContain((await putTo(ticket, ticket.bytes)).status);
      return;
    }
    case "complete": {
      const ticket = itemAt(tickets, command.at);
      if (!ticket) return;
      const { upload_id, bytes } = ticket;
      const completed = await allowErrors(client.completeUpload({ upload_id }), [
        "upload.not_found",
        "upload.not_received",
        "upload.expired",
      ]);
      if (completed) images.set(completed.image.image_id, sha256Of(bytes));
      return;
    }
    case "deliver": {
      const messages = allMessages(model);
      if (messages.length === 0) return;
      const late = command.at.map((index) => messages[(index * 3) % messages.length]!);
      // a message that loses a race with a deletion may fail; every message is delivered again in the end
      await deliver(stack, "PortraitQueue", late);
      return;
    }
    case "race": {
      const piece = itemAt(pieces, command.at);
      if (!piece) return;
      const { piece_id, versions: version } = piece;
      const delivering = deliver(stack, "PortraitQueue", [{ piece_id, version }]);
      const { competitor: does, picture } = command;
      const world = worlds.findIndex(({ world_id }) => world_id === piece.world_id);
      const at = does === "replace" ? command.at : world;
      await Promise.all([delivering, run(model, { does, at, picture }, replacements)]);
      return;
    }
    case "delete world": {
      const world = itemAt(worlds, command.at);
      if (!world) return;
      if (await allowErrors(client.deleteWorld(world), ["world.not_found"])) world.isDeleted = true;
      return;
    }
    case "delete image": {
      const [image_id] = itemAt([...images], command.at) ?? [];
      if (image_id === undefined) return;
      const deleting = client.deleteImage({ image_id });
      if (await allowErrors(deleting, ["image.not_found", "image.in_use"]))
        model.deletedImages.add(image_id);
      return;
    }
    case "sweep":
      await sweep(stack);
  }
}

/** The response, or undefined for an error that a concurrent or earlier command explains. */
async function allowErrors<T>(response: Promise<T>, codes: ErrorCode[]): Promise<T | undefined> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof KeepsakeError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** Every message that was sent, and one for each piece's next version. */
const allMessages = ({ pieces }: Model): PortraitMessage[] =>
  pieces.flatMap(({ piece_id, versions }) =>
    Array.from({ length: versions + 1 }, (_, index) => ({ piece_id, version: index + 1 })),
  );

/** Delivers every message twice, newest first. */
export async function deliverAllMessages(model: Model) {
  const messages = allMessages(model).reverse();
  const twice = [...messages, ...messages];
  for (let from = 0; from < twice.length; from += 10)
    expect(await deliver(model.stack, "PortraitQueue", twice.slice(from, from + 10))).toEqual([]);
}

/** A sentence for everything that its owner reads and the model does not explain. */
export async function differences({ client, worlds, pieces, images, deletedImages }: Model) {
  const found: string[] = [];
  const listed = (await client.listWorlds({ limit: 100 })).worlds.map(({ world_id }) => world_id);
  for (const { world_id, isDeleted } of worlds)
    if (listed.includes(world_id) === isDeleted)
      found.push(isDeleted ? `${world_id} still exists` : `${world_id} is lost`);
  if (listed.length > worlds.length) found.push("There are worlds that no command created");

  for (const { world_id, piece_id, shows, versions } of pieces) {
    if (!listed.includes(world_id)) continue;
    const { world } = await client.getWorld({ world_id });
    const piece = world.pieces.find((piece) => piece.piece_id === piece_id);
    const url = String(piece?.details.image_portrait);
    const version = versions === 1 ? "portrait.png" : `portrait_v${versions}.png`;
    if (!url.endsWith(`_${version}`)) found.push(`${piece_id} shows ${url}, not _${version}`);
    else if (!shows.has(sha256Of(await bytesAt(url))))
      found.push(`${piece_id} shows another picture`);
  }

  const listedImages = new Map(
    (await client.listImages({ limit: 100 })).images.map((image) => [image.image_id, image]),
  );
  for (const [image_id, sha256] of images) {
    const image = listedImages.get(image_id);
    if (deletedImages.has(image_id)) {
      if (image) found.push(`${image_id} still exists`);
    } else if (image?.status !== "published" || image.sha256 !== sha256)
      found.push(`${image_id} is lost`);
  }
  return found;
}
