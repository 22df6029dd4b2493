import type { Image } from "@keepsake/contract/schemas";
import type { Sql } from "postgres";

/** A published picture without smaller copies, of a release that made none. */
export type OldPicture = {
  kind: "image" | "portrait";
  id: string;
  /** Of a portrait: its URL; of an image: its key. */
  name: string;
  visibility: Image["visibility"];
};

/** Of an image that is wider than its narrowest copy would be. */
const lacksCopies = (sql: Sql, narrowest: number) => sql`
  status = 'published' and duplicate_of is null and variants = '[]' and width > ${narrowest}
`;

/** Of a portrait whose list of sizes is missing, or belongs to an earlier version. */
const lacksSizes = (sql: Sql) => sql`
  details ? 'image_portrait'
  and details -> 'image_portrait_variants' -> -1 ->> 'url' is distinct from details ->> 'image_portrait'
`;

/** How many pictures have no copies. */
export async function count(sql: Sql, narrowest: number) {
  const [row] = await sql<[{ images: number; portraits: number }]>`
    select (select count(*)::integer from images where ${lacksCopies(sql, narrowest)}) as images,
           (select count(*)::integer from lore_pieces where ${lacksSizes(sql)}) as portraits
  `;
  return row;
}

/** The next pictures without copies, in the order of their ids. */
export function findAfter(
  sql: Sql,
  kind: OldPicture["kind"],
  { after, limit, narrowest }: { after: string; limit: number; narrowest: number },
) {
  return kind === "image"
    ? sql<OldPicture[]>`
        select 'image' as kind, image_id as id, key as name, visibility from images
        where image_id > ${after} and ${lacksCopies(sql, narrowest)}
        order by image_id limit ${limit}
      `
    : sql<OldPicture[]>`
        select 'portrait' as kind, piece_id as id, details ->> 'image_portrait' as name,
               'public' as visibility
        from lore_pieces
        where piece_id > ${after} and ${lacksSizes(sql)}
        order by piece_id limit ${limit}
      `;
}

/** Writes the copies of a picture, and its size with them. Resolves to false when it was replaced or deleted in the meantime. */
export async function save(
  sql: Sql,
  { kind, id, name }: OldPicture,
  variants: { width: number; height: number; url?: string }[],
  stored_bytes: number,
) {
  const { count } =
    kind === "image"
      ? await sql`
          update images set variants = ${sql.json(variants)}, stored_bytes = ${stored_bytes}
          where image_id = ${id} and key = ${name}
        `
      : await sql`
          update lore_pieces
          set details = details || jsonb_build_object('image_portrait_variants',
                                                      ${sql.json(variants)}::jsonb),
              stored_bytes = ${stored_bytes}
          where piece_id = ${id} and details ->> 'image_portrait' = ${name}
        `;
  return count === 1;
}
