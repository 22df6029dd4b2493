import { randomBytes, randomUUID } from "node:crypto";
import sharp from "sharp";
import type { Database } from "./createDatabase.ts";

/** A PNG of noise of about this many bytes: noise does not compress, so it takes three a pixel. */
export async function noisePng(bytes: number): Promise<Buffer> {
  const side = Math.round(Math.sqrt(bytes / 3));
  const raw = { width: side, height: side, channels: 3 as const };
  return sharp(randomBytes(side * side * 3), { raw })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

type PendingPortrait = { piece_id: string; version: number };

/** Replaces the characters in one of Keepsake's databases by `count` with a pending portrait. */
export async function insertPending(
  { sql }: Database,
  count: number,
  png: Buffer,
): Promise<PendingPortrait[]> {
  await sql`delete from lore_pieces where portrait_status <> 'none'`;
  const world_id = randomUUID();
  await sql`
    insert into worlds (world_id, owner_id, theme) values (${world_id}, 'user:bench', 'norse')
  `;
  return sql<PendingPortrait[]>`
    insert into lore_pieces (piece_id, world_id, type, name, description, details,
                             portrait_status, portrait_version, queued_at)
    select gen_random_uuid(), ${world_id}, 'character', 'Mira', 'Keeps the lighthouse.',
           jsonb_build_object('image_portrait_base64', ${png.toString("base64")}::text,
                              'traits', jsonb_build_array('Fearless')),
           'pending', 1, now()
    from generate_series(1, ${count}::integer)
    returning piece_id, portrait_version as version
  `;
}

/** The same in a database of the plain code. */
export async function insertPlainPending({ sql }: Database, count: number, png: Buffer) {
  await sql`truncate pieces, worlds`;
  const world_id = randomUUID();
  await sql`
    insert into worlds (world_id, owner_id, theme) values (${world_id}, 'bench', 'norse')
  `;
  return sql<{ piece_id: string }[]>`
    insert into pieces (piece_id, world_id, type, name, description, details, status)
    select gen_random_uuid(), ${world_id}, 'character', 'Mira', 'Keeps the lighthouse.',
           jsonb_build_object('image_portrait_base64', ${png.toString("base64")}::text,
                              'traits', jsonb_build_array('Fearless')),
           'pending'
    from generate_series(1, ${count}::integer)
    returning piece_id
  `;
}

/** Messages in batches of ten, as SQS delivers them. */
export function batchesOfTen<T>(messages: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(messages.length / 10) }, (_, batch) =>
    messages.slice(batch * 10, batch * 10 + 10),
  );
}
