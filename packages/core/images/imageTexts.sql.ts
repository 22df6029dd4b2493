import type { PendingQuery, Row, Sql } from "postgres";

/** What is said about an image. */
export type Said = {
  tag?: string | undefined;
  /** Words, or beginnings of words. */
  q?: string | undefined;
};

/** Whether images of `owner` have the tag and the words. The index by text serves it; without it, each image takes long. */
export function isSaid(sql: Sql, { tag, q }: Said) {
  // as written in the index images_by_text
  const terms = sql`
    array_to_tsvector(image_terms(owner_id,
      coalesce(filename, '') || ' ' || coalesce(caption, '') || ' ' || coalesce(alt, ''), tags))
  `;
  return sql`
    true
    ${tag === undefined ? sql`` : sql`and ${terms} @@ image_query(owner.id, '', array[${tag}]::text[])`}
    ${q === undefined ? sql`` : sql`and ${terms} @@ image_query(owner.id, ${q}, '{}')`}
  `;
}

/**
 * The same of images that no index serves. The text of an image is split into words only when it contains what is
 * searched for.
 */
export function isSaidByEach(sql: Sql, { tag, q }: Said) {
  return sql`
    true
    ${tag === undefined ? sql`` : sql`and ${tag} = any (tags)`}
    ${q === undefined ? sql`` : sql`and ${containsWords(sql, q)} and ${isSaid(sql, { q })}`}
  `;
}

/**
 * Words have no ASCII punctuation (`image_terms`), so none of LIKE's either. The two small sigmas are one letter here:
 * which of them a capital one becomes depends on what follows it.
 */
function containsWords(sql: Sql, q: string) {
  const lower = (text: PendingQuery<Row[]>) => sql`replace(lower(${text}), 'ς', 'σ')`;
  const texts = sql`
    coalesce(filename, '') || ' ' || coalesce(caption, '') || ' ' || coalesce(alt, '')
  `;
  return sql`
    ${lower(texts)} like all ((
      select array_agg('%' || ${lower(sql`substr(term, 18)`)} || '%')
      from unnest(image_terms('', ${q}, '{}')) term
    )::text[])
  `;
}
