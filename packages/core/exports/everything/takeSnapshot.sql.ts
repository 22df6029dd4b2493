import type { Piece } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import type { TextFile } from "./textFiles.ts";

/**
 * Until the transaction ends, no other one takes a snapshot of this owner, and none deletes the owner: it would not see
 * the export, and rows are not enough to wait for, because an owner may have none that are locked. Taken before any row.
 */
export async function lockSnapshots(tx: TransactionSql, owner_id: string) {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`snapshots ${owner_id}`}, 0))`;
}

type WorldText = {
  world_id: string;
  theme: string;
  title: string | null;
  story: string | null;
  image_id: string | null;
  created_at: string;
};

type PieceText = Omit<Piece, "portrait_status" | "portrait_error"> & {
  shown_url: string | null;
  stored_bytes: number | null;
};

/** The worlds of these owners with their pieces, one at a time. Neither can be deleted until the transaction ends. */
export async function* worldsOf(tx: TransactionSql, owners: string[]) {
  for (const owner_id of owners)
    for await (const worlds of pages(
      (last) => tx<WorldText[]>`
        select world_id, theme, title, story, image_id, created_at from worlds
        where owner_id = ${owner_id} ${last ? tx`and world_id > ${last}` : tx``}
        order by world_id limit ${worldsAtOnce}
        for key share
      `,
      ({ world_id }) => world_id,
    ))
      for (const world of worlds) {
        const pieces = await tx<PieceText[]>`
          select piece_id, type, name, description, details - 'image_portrait_base64' as details,
                 details ->> 'image_portrait' as shown_url, stored_bytes
          from lore_pieces where world_id = ${world.world_id}
          order by piece_id
          for key share
        `;
        yield { world, pieces };
      }
}

type ImageText = {
  image_id: string;
  filename: string | null;
  alt: string | null;
  caption: string | null;
  tags: string[];
  platform: string;
  visibility: "public" | "private";
  url: string | null;
  content_type: string;
  bytes: number;
  width: number;
  height: number;
  sha256: string;
  created_at: string;
};

/** The published images of these owners, some at a time. They cannot be deleted until the transaction ends. */
export async function* imagesOf(tx: TransactionSql, owners: string[]) {
  for (const owner_id of owners)
    yield* pages(
      (last) => tx<(ImageText & { key: string })[]>`
        select image_id, filename, alt, caption, to_jsonb(tags) as tags, platform, visibility, url,
               content_type, bytes, width, height, sha256, created_at, key
        from images
        where owner_id = ${owner_id} ${last ? tx`and image_id > ${last}` : tx``}
          and status = 'published' and duplicate_of is null
        order by image_id limit ${imagesAtOnce}
        for key share
      `,
      ({ image_id }) => image_id,
    );
}

type DatasetText = {
  dataset_id: string;
  name: string;
  trigger_word: string | null;
  created_at: string;
  updated_at: string;
};

type ItemText = { image_id: string; caption: string | null; control_image_id: string | null };

/** The datasets of these owners with their items as they show them, one at a time. */
export async function* datasetsOf(tx: TransactionSql, owners: string[]) {
  const isShown = (id: string) => tx`exists (
    select 1 from images i where i.image_id = ${tx(id)} and i.owner_id in ${tx(owners)}
      and i.status = 'published' and i.duplicate_of is null
  )`;
  for (const owner_id of owners) {
    const datasets = await tx<DatasetText[]>`
      select dataset_id, name, trigger_word, created_at, updated_at from datasets
      where owner_id = ${owner_id} order by dataset_id
    `;
    for (const dataset of datasets) {
      const items = await tx<ItemText[]>`
        select t.image_id, t.caption,
               case when ${isShown("t.control_image_id")} then t.control_image_id end as control_image_id
        from dataset_items t
        where t.dataset_id = ${dataset.dataset_id} and ${isShown("t.image_id")}
        order by t.position, t.image_id
      `;
      yield { ...dataset, items };
    }
  }
}

/** A world may have 20 KB of its own, an image 12 KB. */
const [worldsAtOnce, imagesAtOnce] = [50, 1_000];

async function* pages<Row>(
  read: (last: string | undefined) => PromiseLike<Row[]>,
  idOf: (row: Row) => string,
): AsyncGenerator<Row[]> {
  let last: string | undefined;
  for (;;) {
    const page = await read(last);
    if (page.length === 0) return;
    yield page;
    last = idOf(page.at(-1)!);
  }
}

export type NewItem = {
  name: string;
  image_id: string | null;
  piece_id: string | null;
  portrait_version: number | null;
};

/**
 * In `export_items`, the zips of an export of everything are -1, -2 and so on. A consumer of the release before this one
 * finds no items in such a zip and leaves it to be tried again; of a portrait, it would say that an image was deleted,
 * and the export would have failed.
 */
export const itemsFileIndex = (file_index: number) => -1 - file_index;

export async function insertItems(
  tx: TransactionSql,
  export_id: string,
  items: (NewItem & { position: number; file_index: number })[],
) {
  if (items.length === 0) return;
  const numbered = items.map((item) => ({ ...item, file_index: itemsFileIndex(item.file_index) }));
  await tx`
    insert into export_items (export_id, position, file_index, name, image_id, piece_id, portrait_version)
    select ${export_id}::uuid, i.position, i.file_index, i.name, i.image_id, i.piece_id, i.portrait_version
    from jsonb_to_recordset(${tx.json(numbered)})
      as i (position integer, file_index integer, name text, image_id uuid, piece_id uuid,
            portrait_version integer)
  `;
}

type TextPart = { export_id: string; name: TextFile; part: number; text: string };

export const insertText = (tx: TransactionSql, part: TextPart) =>
  tx`insert into export_texts ${tx(part)}`;
