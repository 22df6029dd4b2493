import { randomUUID } from "node:crypto";
import type { Database } from "./createDatabase.ts";

/** Of how many images each has a rare tag, a rare word and a rare platform. */
export const rareImages = 3;

/**
 * Fills the tables of images and worlds for an owner, evenly over the last 1,000 days, and resolves to the `sub` of
 * the owner. Every image has the tag `all` and the word "sailor", one in 10 `tenth` and "breeze", one in 100
 * `hundredth` and "amber", and three `rare` and "quasar". The three are on Discord, one in 10 others on Telegram, and
 * one in 20 is private.
 */
export async function fillOwner({ sql }: Database, count: number): Promise<string> {
  const sub = randomUUID();
  const owner_id = `user:${sub}`;
  const rows = sql`
    select n, created_at, n % ${Math.ceil(count / rareImages)}::integer = 4 as is_rare,
           -- a UUIDv7 of that time
           (lpad(to_hex((extract(epoch from created_at) * 1000)::bigint), 12, '0') || '7'
             || substr(md5(${owner_id} || n), 1, 3) || '8' || substr(md5(${owner_id} || n), 4, 15))::uuid as id
    from generate_series(1, ${count}::integer) n,
         lateral (select now() - interval '1000 days' * (1 - n / ${count + 1}::float8)) time (created_at)
  `;
  await sql`
    insert into images (image_id, owner_id, platform, visibility, source, status, key, url, content_type, bytes,
                        width, height, sha256, source_sha256, filename, caption, tags, created_at, published_at)
    select id, ${owner_id}, case when is_rare then 'discord' when n % 10 = 3 then 'telegram' else 'web' end,
           case n % 20 when 5 then 'private' else 'public' end, '{}', 'published', 'images/' || id || '.png',
           case n % 20 when 5 then null else 'https://images.example.com/images/' || id || '.png' end,
           'image/png', 500000, 400, 400, md5(n::text), md5(n::text), 'IMG_' || n || '.png',
           'A portrait of a sailor' || case when is_rare then ' quasar' else '' end
             || case when n % 100 = 1 then ' amber' else '' end || case when n % 10 = 1 then ' breeze' else '' end,
           array['all'] || case when is_rare then '{rare}'::text[] else '{}' end
             || case when n % 100 = 1 then '{hundredth}'::text[] else '{}' end
             || case when n % 10 = 1 then '{tenth}'::text[] else '{}' end,
           created_at, created_at
    from (${rows}) rows
  `;
  await sql`
    insert into worlds (world_id, owner_id, theme, title, created_at)
    select id, ${owner_id}, 'sea', 'World ' || n, created_at from (${rows}) rows
  `;
  await sql`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                             portrait_version)
    select id, id, 'faction', 'One of many', 'They keep the coast lit.', '{"banner": "gold"}', 'none', 0
    from (${rows}) rows
  `;
  return sub;
}

/** Runs `fill` without the indexes and triggers of images and worlds, and makes the same indexes again at the end. */
export async function withIndexesLater({ sql }: Database, fill: () => Promise<void>) {
  await sql`set synchronous_commit = off`;
  await sql`set session_replication_role = replica`;
  await sql`set maintenance_work_mem = '512MB'`;
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
    where indrelid in ('images'::regclass, 'worlds'::regclass, 'lore_pieces'::regclass)
      and not exists (select 1 from pg_constraint where conindid = indexrelid)
  `;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  await fill();
  for (const { definition } of indexes) await sql.unsafe(definition);
  await sql`vacuum analyze images, worlds, lore_pieces`;
  await sql`reset session_replication_role`;
}
