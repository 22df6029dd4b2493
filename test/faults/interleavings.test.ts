import type { Client } from "@keepsake/client/client";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { character } from "../support/drafts.ts";
import { bytesAt, putTo, sha256Of, uploadRequest } from "../support/files.ts";
import { png } from "../support/images.ts";
import { deliver, sweep, type TestStack, testStack } from "../support/stack.ts";
import { httpWire, type Wire } from "./support/faultyProxies.ts";
import { brokenRules, type Written, watchR2 } from "./support/invariants.ts";
import { deliverQueued, passDays, settleEverything } from "./support/passTime.ts";
import { isFull, report } from "./support/report.ts";

const runs = isFull ? 300 : 25;

let stack: TestStack;
let wire: Wire;
let written: Written;
let pictures: Buffer[];
/** A store that takes its time, so that there is something to get in between of. */
let asked = 0;
const slowly = () => ({ delayMs: [0, 5, 30][asked++ % 3]! });
let tellers = 0;
let commands = 0;

beforeAll(async () => {
  const { r2 } = inject("parts");
  written = watchR2(r2);
  wire = await httpWire("R2", r2.endpoint, { decide: slowly, watch: written.watch });
  stack = await testStack({ consume: false, parts: { r2: { ...r2, endpoint: wire.url } } });
  pictures = await Promise.all(["#aa0000", "#00aa00", "#0000aa"].map((colour) => png(32, colour)));
});
afterAll(async () => {
  await stack.stop();
  await wire.stop();
});

test("whatever is done in whatever order, what survives is published and what is deleted is gone", {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(story, async (groups) => {
      await forgetEverything();
      const told = newTale();
      for (const group of groups) {
        if (group === "days pass") await daysPass(told);
        else await atOnce(told, group);
      }
      await deliverEverything(told);
      await settleEverything(stack, stack.sql);
      await deliverEverything(told); // messages from long ago
      await settleEverything(stack, stack.sql);
      expect([...(await brokenRules(rules())), ...(await surprises(told))]).toEqual([]);
    }),
    { numRuns: runs },
  );
  process.stdout.write(`interleavings: ${runs} stories of ${commands} commands\n`);
  report("interleavings", [
    `${runs} made-up stories of up to ${mostGroups} steps, with up to ${mostAtOnce} commands at the same time in each.`,
  ]);
});

const mostGroups = 14;
const mostAtOnce = 5;

const at = fc.nat(7);
const against = fc.constantFrom("replace" as const, "delete world" as const);
const picture = fc.nat(2);
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("create" as const), picture }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("add" as const), at, picture }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("replace" as const), at, picture }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("replace by image" as const), at, image: at }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("presign" as const), picture }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("put" as const), at }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("complete" as const), at }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("deliver" as const),
      at: fc.array(at, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete world" as const), at }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("delete image" as const), at }) },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant("overtake" as const), at, against, picture }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("sweep" as const) }) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Days pass between groups only: nothing in flight lives as long as an erasure waits. */
const story = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.array(command, { minLength: 1, maxLength: mostAtOnce }) },
    { weight: 1, arbitrary: fc.constant("days pass" as const) },
  ),
  { minLength: 4, maxLength: mostGroups },
);

/** What the commands were told, and so what must be true in the end. */
type Tale = {
  client: Client;
  worlds: { world_id: string; isDeleted: boolean }[];
  pieces: {
    piece_id: string;
    world_id: string;
    /** Which of the pictures it may show: one, or those that were sent at the same time. */
    shows: Set<string>;
    versions: number;
  }[];
  tickets: {
    upload_id: string;
    url: string;
    headers: Record<string, string>;
    bytes: Buffer;
    /** Its URL has expired: for R2 no days have passed, so the test itself must not use it. */
    isOver: boolean;
  }[];
  /** SHA-256 of every image that somebody was told of. */
  images: Map<string, string>;
  deletedImages: Set<string>;
};

function newTale(): Tale {
  tellers += 1;
  const client = stack.client(`teller ${tellers}`);
  const images = new Map<string, string>();
  return { client, worlds: [], pieces: [], tickets: [], images, deletedImages: new Set() };
}

/** Runs commands side by side. Nobody knows which of two replacements at once is the newer one. */
async function atOnce(tale: Tale, group: Command[]) {
  commands += group.length;
  const replaced = new Map<Tale["pieces"][number], Set<string>>();
  await Promise.all(group.map((command) => run(tale, command, replaced)));
  for (const [piece, shows] of replaced) piece.shows = shows;
}

async function run(
  tale: Tale,
  command: Command,
  replaced: Map<Tale["pieces"][number], Set<string>>,
) {
  const { client, worlds, pieces, tickets, images } = tale;
  const one = <T>(of: T[], index: number) => of[index % Math.max(1, of.length)];
  const noteReplaced = (piece: Tale["pieces"][number], sha256: string) => {
    piece.versions += 1;
    replaced.set(piece, (replaced.get(piece) ?? new Set()).add(sha256));
  };
  const noteAdded = (world_id: string, piece_id: string, bytes: Buffer) =>
    pieces.push({ world_id, piece_id, shows: new Set([sha256Of(bytes)]), versions: 1 });

  switch (command.does) {
    case "create": {
      const bytes = pictures[command.picture]!;
      const { world } = await client.createWorld({
        theme: "norse",
        pieces: [await character("Mira", bytes)],
      });
      worlds.push({ world_id: world.world_id, isDeleted: false });
      noteAdded(world.world_id, world.pieces[0]!.piece_id, bytes);
      return;
    }
    case "add": {
      const world = one(worlds, command.at);
      if (!world) return;
      const { world_id } = world;
      const bytes = pictures[command.picture]!;
      const draft = await character("Odd", bytes);
      const added = await tolerated(client.addPieces({ world_id, pieces: [draft] }), [
        "world.not_found",
      ]);
      if (added) noteAdded(world_id, added.pieces[0]!.piece_id, bytes);
      return;
    }
    case "replace": {
      const piece = one(pieces, command.at);
      if (!piece) return;
      const { world_id, piece_id } = piece;
      const bytes = pictures[command.picture]!;
      const image_portrait_base64 = bytes.toString("base64");
      const sent = { world_id, piece_id, image_portrait_base64 };
      if (await tolerated(client.replacePortrait(sent), ["piece.not_found"]))
        noteReplaced(piece, sha256Of(bytes));
      return;
    }
    case "replace by image": {
      const piece = one(pieces, command.at);
      const [image_id, sha256] = one([...images], command.image) ?? [];
      if (!piece || image_id === undefined || sha256 === undefined) return;
      const { world_id, piece_id } = piece;
      const replacing = client.replacePortrait({ world_id, piece_id, image_id });
      if (await tolerated(replacing, ["piece.not_found", "image.not_published"]))
        noteReplaced(piece, sha256);
      return;
    }
    case "presign": {
      const bytes = pictures[command.picture]!;
      tickets.push({ ...(await client.presignUpload(uploadRequest(bytes))), bytes, isOver: false });
      return;
    }
    case "put": {
      const ticket = one(tickets, command.at);
      if (ticket && !ticket.isOver)
        expect([200, 412]).toContain((await putTo(ticket, ticket.bytes)).status);
      return;
    }
    case "complete": {
      const ticket = one(tickets, command.at);
      if (!ticket) return;
      const { upload_id, bytes } = ticket;
      const completed = await tolerated(client.completeUpload({ upload_id }), [
        "upload.not_found",
        "upload.not_received",
        "upload.expired",
      ]);
      if (completed) images.set(completed.image.image_id, sha256Of(bytes));
      return;
    }
    case "deliver": {
      const messages = everyMessage(tale);
      if (messages.length === 0) return;
      const late = command.at.map((index) => messages[(index * 3) % messages.length]!);
      // one that loses against a deletion may fail; every message comes once more in the end
      await deliver(stack, "PortraitQueue", late);
      return;
    }
    case "overtake": {
      const piece = one(pieces, command.at);
      if (!piece) return;
      const { piece_id, versions: version } = piece;
      const delivering = deliver(stack, "PortraitQueue", [{ piece_id, version }]);
      const { against: does, picture } = command;
      const world = worlds.findIndex(({ world_id }) => world_id === piece.world_id);
      const at = does === "replace" ? command.at : world;
      await Promise.all([delivering, run(tale, { does, at, picture }, replaced)]);
      return;
    }
    case "delete world": {
      const world = one(worlds, command.at);
      if (!world) return;
      if (await tolerated(client.deleteWorld(world), ["world.not_found"])) world.isDeleted = true;
      return;
    }
    case "delete image": {
      const [image_id] = one([...images], command.at) ?? [];
      if (image_id === undefined) return;
      const deleting = client.deleteImage({ image_id });
      if (await tolerated(deleting, ["image.not_found", "image.in_use"]))
        tale.deletedImages.add(image_id);
      return;
    }
    case "sweep":
      await sweep(stack);
  }
}

/** The answer, or undefined when it is one of the refusals that somebody else's doing explains. */
async function tolerated<T>(answer: Promise<T>, codes: ErrorCode[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AppError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** Every message that was ever sent, and those of versions to come. */
const everyMessage = ({ pieces }: Tale): PortraitMessage[] =>
  pieces.flatMap(({ piece_id, versions }) =>
    Array.from({ length: versions + 1 }, (_, index) => ({ piece_id, version: index + 1 })),
  );

/** All of it, newest first, and every message twice. */
async function deliverEverything(tale: Tale) {
  const messages = everyMessage(tale).reverse();
  const twice = [...messages, ...messages];
  for (let from = 0; from < twice.length; from += 10)
    expect(await deliver(stack, "PortraitQueue", twice.slice(from, from + 10))).toEqual([]);
}

async function daysPass({ tickets }: Tale) {
  for (const ticket of tickets) ticket.isOver = true;
  await deliverQueued(stack);
  await passDays(stack.sql);
  await sweep(stack);
}

const rules = () => {
  const { r2 } = inject("parts");
  return { sql: stack.sql, cdn: stack.cdn, r2, written, secrets: [r2.secretAccessKey] };
};

/** What readers see that the tale does not explain. */
async function surprises({ client, worlds, pieces, images, deletedImages }: Tale) {
  const found: string[] = [];
  const listed = (await client.listWorlds({ limit: 100 })).worlds.map(({ world_id }) => world_id);
  for (const { world_id, isDeleted } of worlds)
    if (listed.includes(world_id) === isDeleted)
      found.push(isDeleted ? `${world_id} is back` : `${world_id} is lost`);
  if (listed.length > worlds.length) found.push("There are worlds that nobody made");

  for (const { world_id, piece_id, shows, versions } of pieces) {
    if (!listed.includes(world_id)) continue;
    const { world } = await client.getWorld({ world_id });
    const piece = world.pieces.find((piece) => piece.piece_id === piece_id);
    const url = String(piece?.details.image_portrait);
    const version = versions === 1 ? "portrait.png" : `portrait_v${versions}.png`;
    if (!url.endsWith(`_${version}`)) found.push(`${piece_id} shows ${url}, not _${version}`);
    else if (!shows.has(sha256Of(await bytesAt(url)))) found.push(`${piece_id} shows another`);
  }

  const seen = new Map(
    (await client.listImages({ limit: 100 })).images.map((i) => [i.image_id, i]),
  );
  for (const [image_id, sha256] of images) {
    const image = seen.get(image_id);
    if (deletedImages.has(image_id)) {
      if (image) found.push(`${image_id} is back`);
    } else if (image?.status !== "published" || image.sha256 !== sha256)
      found.push(`${image_id} is lost`);
  }
  return found;
}

/** Also what a story left behind that failed. */
async function forgetEverything() {
  await stack.sql`truncate worlds, images, requests, erasures cascade`;
  written.images.clear();
  written.incoming.clear();
}
