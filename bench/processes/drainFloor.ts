import postgres from "postgres";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";
import { putRaw } from "../support/rawHttps.ts";

/**
 * The least that publishing a portrait takes: its base64 as text, `Buffer.from`, a raw PUT over a kept-alive
 * connection, and one UPDATE for the batch. Nothing is checked, hashed, signed or decoded.
 */
const [databaseUrl = "", bucketUrl = ""] = process.argv.slice(2);
const sql = postgres(databaseUrl, { max: 5, prepare: false, fetch_types: false });

handleCalls({
  drain: ({ batches, atOnce }: { batches: { piece_id: string }[][]; atOnce: number }) =>
    measureUsage(async () => {
      const next = batches.values();
      const work = async () => {
        for (const batch of next) await publish(batch.map(({ piece_id }) => piece_id));
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    }),
});

async function publish(piece_ids: string[]) {
  const portraits = await sql<{ piece_id: string; base64: string }[]>`
    select piece_id, details ->> 'image_portrait_base64' as base64 from lore_pieces
    where piece_id in ${sql(piece_ids)}
  `;
  const published = await Promise.all(
    portraits.map(async ({ piece_id, base64 }) => {
      const url = `${bucketUrl}/${piece_id}.png`;
      await putRaw(url, Buffer.from(base64, "base64"));
      return { piece_id, url };
    }),
  );
  await sql`
    update lore_pieces p
    set details = details - 'image_portrait_base64' || jsonb_build_object('image_portrait', url),
        portrait_status = 'published'
    from jsonb_to_recordset(${sql.json(published)}) as o (piece_id uuid, url text)
    where p.piece_id = o.piece_id
  `;
}
