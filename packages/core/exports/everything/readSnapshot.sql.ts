import { limits } from "@keepsake/contract/limits";
import type { Sql } from "postgres";
import * as objectKeys from "../../images/objectKeys.ts";
import type { ClaimedFile } from "../exportFiles.sql.ts";
import type { OriginalPicture } from "./originalPicture.ts";
import { itemsFileIndex } from "./takeSnapshot.sql.ts";
import type { TextFile } from "./textFiles.ts";

type PictureRow = Omit<OriginalPicture, "key" | "bytes"> & {
  key: string | null;
  bytes: number | null;
  world_id: string | null;
  version: number | null;
};

/** The pictures of a zip, in order. What was deleted meanwhile is left out: the export has ended then. */
export async function findPictures(
  sql: Sql,
  { export_id, file_index }: ClaimedFile,
): Promise<OriginalPicture[]> {
  const found = await sql<PictureRow[]>`
    select t.name, t.image_id, t.piece_id, i.key, coalesce(i.visibility, 'public') as visibility,
           coalesce(i.bytes, p.stored_bytes)::float8 as bytes, i.sha256, p.world_id, t.portrait_version as version
    from export_items t
    left join images i on i.image_id = t.image_id
    left join lore_pieces p on p.piece_id = t.piece_id
    where t.export_id = ${export_id} and t.file_index = ${itemsFileIndex(file_index)}
      and (i.image_id is not null or p.piece_id is not null)
    order by t.position
  `;
  return found.map(({ key, bytes, world_id, version, ...picture }) => {
    const { piece_id } = picture;
    const portrait = () =>
      objectKeys.portrait({ world_id: world_id!, piece_id: piece_id!, version: version! });
    return {
      ...picture,
      key: key ?? portrait(),
      bytes: bytes ?? limits.published_portrait_bytes,
    };
  });
}

/** A text file of an export, part by part: no statement is open while one is used. */
export async function* readText(
  sql: Sql,
  export_id: string,
  name: TextFile,
): AsyncGenerator<string> {
  for (let part = 0; ; part += 1) {
    const [row] = await sql<{ text: string }[]>`
      select text from export_texts
      where export_id = ${export_id} and name = ${name} and part = ${part}
    `;
    if (!row) return;
    yield row.text;
  }
}
