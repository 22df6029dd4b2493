import type { Sql, TransactionSql } from "postgres";
import { isItemImage, itemImage } from "./itemImages.sql.ts";

type AnySql = Sql | TransactionSql;

/**
 * The items of a dataset of the owner's, as a table expression: `place` counts them from 1, where `position` may have
 * gaps. Without those whose image is not the owner's any more, since its Telegram account was unlinked, or not published
 * any more, since its file was missing; such a control image is null.
 */
const ownItems = (sql: AnySql, owner_id: string, dataset_id: string) => sql`
  (select t.image_id, t.position, row_number() over (order by t.position)::integer as place, t.caption,
          c.image_id as control_image_id, i.width, i.height, i.sha256, i.filename,
          c.width as control_width, c.height as control_height
   from dataset_items t
   cross join lateral ${itemImage(sql, owner_id, sql`t.image_id`)} i
   left join lateral ${itemImage(sql, owner_id, sql`t.control_image_id`)} c on true
   where t.dataset_id = ${dataset_id})
`;

export type ItemRow = {
  image_id: string;
  position: number;
  place: number;
  caption: string | null;
  control_image_id: string | null;
};

/** Items in their order, behind a position. */
export function page(
  sql: Sql,
  owner_id: string,
  dataset_id: string,
  { limit, after }: { limit: number; after?: number | undefined },
) {
  return sql<ItemRow[]>`
    select image_id, position, place, caption, control_image_id
    from ${ownItems(sql, owner_id, dataset_id)} item
    ${after === undefined ? sql`` : sql`where position > ${after}`}
    order by position
    limit ${limit}
  `;
}

/** The places of some images, in their order. */
export function findPlaces(sql: Sql, owner_id: string, dataset_id: string, image_ids: string[]) {
  return sql<{ image_id: string; position: number }[]>`
    select image_id, place as position
    from ${ownItems(sql, owner_id, dataset_id)} item
    where image_id in ${sql(image_ids)}
    order by place
  `;
}

/** What warnings are about. No caption is read. */
export type CheckedItem = {
  image_id: string;
  has_caption: boolean;
  width: number;
  height: number;
  sha256: string;
  control_width: number | null;
  control_height: number | null;
};

/** All items in their order. */
export function findToCheck(sql: AnySql, owner_id: string, dataset_id: string) {
  return sql<CheckedItem[]>`
    select image_id, caption is not null as has_caption, width, height, sha256, control_width,
           control_height
    from ${ownItems(sql, owner_id, dataset_id)} item
    order by position
  `;
}

/** An item that is locked: no image deletion takes it out until the transaction ends. */
export type LockedItem = {
  image_id: string;
  position: number;
  filename: string | null;
  /** Whether its image is the owner's, and published. */
  is_own: boolean;
};

/** Locks the items of a dataset, in the order of their images as image deletion does. */
export function lock(tx: TransactionSql, owner_id: string, dataset_id: string) {
  return tx<LockedItem[]>`
    select t.image_id, t.position, i.filename, ${isItemImage(tx, owner_id)} as is_own
    from dataset_items t join images i using (image_id)
    where t.dataset_id = ${dataset_id}
    order by t.image_id
    for update of t
  `;
}

/** An item of a request. Undefined texts stay as they are. */
export type SentItem = {
  image_id: string;
  position: number;
  caption?: string | null | undefined;
  control_image_id?: string | null | undefined;
};

export function insert(tx: TransactionSql, dataset_id: string, items: SentItem[]) {
  return tx`
    insert into dataset_items (dataset_id, image_id, position, caption, control_image_id)
    select ${dataset_id}, image_id, position, caption, control_image_id
    from jsonb_to_recordset(${tx.json(items)})
      as sent (image_id uuid, position integer, caption text, control_image_id uuid)
  `;
}

/** Changes items that are locked. */
export function update(tx: TransactionSql, dataset_id: string, items: SentItem[]) {
  const changes = items.map(({ caption, control_image_id, ...item }) => ({
    ...item,
    caption: caption ?? null,
    changes_caption: caption !== undefined,
    control_image_id: control_image_id ?? null,
    changes_control: control_image_id !== undefined,
  }));
  return tx`
    update dataset_items item
    set position = sent.position,
        caption = case when sent.changes_caption then sent.caption else item.caption end,
        control_image_id = case when sent.changes_control
          then sent.control_image_id else item.control_image_id end
    from jsonb_to_recordset(${tx.json(changes)})
      as sent (image_id uuid, position integer, caption text, control_image_id uuid,
               changes_caption boolean, changes_control boolean)
    where item.dataset_id = ${dataset_id} and item.image_id = sent.image_id
  `;
}

/** Sets captions of items that are locked. */
export function setCaptions(
  tx: TransactionSql,
  dataset_id: string,
  captions: { image_id: string; caption: string }[],
) {
  return tx`
    update dataset_items item set caption = sent.caption
    from jsonb_to_recordset(${tx.json(captions)}) as sent (image_id uuid, caption text)
    where item.dataset_id = ${dataset_id} and item.image_id = sent.image_id
  `;
}

/** Takes images out of a dataset that is locked. */
export function remove(tx: TransactionSql, dataset_id: string, image_ids: string[]) {
  return tx`
    delete from dataset_items where dataset_id = ${dataset_id} and image_id in ${tx(image_ids)}
  `;
}
