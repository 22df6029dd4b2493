import type { Variant } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import { shownDetails } from "../shownDetails.sql.ts";
import type { WorldImageRow } from "./worlds.sql.ts";

/** Switches a world's page on with this id, unless it is on. Resolves to the id that it has. Lock the world first. */
export async function insert(tx: TransactionSql, world_id: string, page_id: string) {
  await tx`
    insert into world_pages (page_id, world_id) values (${page_id}, ${world_id})
    on conflict (world_id) do nothing
  `;
  const [page] = await tx<[{ page_id: string }]>`
    select page_id from world_pages where world_id = ${world_id}
  `;
  return page.page_id;
}

export function remove(tx: TransactionSql, world_id: string) {
  return tx`delete from world_pages where world_id = ${world_id}`;
}

/** What the page of a world shows. */
export type ShownWorld = {
  theme: string;
  title: string | null;
  story: string | null;
  image: WorldImageRow | null;
  pieces: ShownPiece[];
};

type ShownPiece = {
  type: string;
  name: string;
  description: string;
  traits: unknown;
  portrait: string | null;
  variants: Variant[] | null;
};

/** The world of a page that is on, with its public picture and its published portraits. */
export function shownWorld(sql: Sql, page_id: string) {
  return sql<ShownWorld[]>`
    select w.theme, w.title, w.story,
           case when i.status = 'published' and i.visibility = 'public' then jsonb_build_object(
             'image_id', i.image_id, 'key', i.key, 'url', i.url, 'width', i.width, 'height', i.height,
             'variants', i.variants, 'alt', i.alt
           ) end as image,
           coalesce(shown.pieces, '[]') as pieces
    from world_pages join worlds w using (world_id) left join images i using (image_id)
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
               'type', p.type, 'name', p.name, 'description', p.description, 'traits', d.traits,
               'portrait', d.image_portrait, 'variants', d.image_portrait_variants
             ) order by p.piece_id) as pieces
      from lore_pieces p
      cross join lateral jsonb_to_record(${shownDetails(sql)})
        as d (traits jsonb, image_portrait text, image_portrait_variants jsonb)
      where p.world_id = w.world_id
    ) shown
    where page_id = ${page_id}
  `;
}
