import type { Client } from "@keepsake/client";
import type { ExportMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";
import { png } from "../images.ts";

type Options = { images?: number; name?: string; trigger_word?: string; side?: number };

/** A dataset of small PNGs that differ, the first of which has a caption. */
export async function datasetToExport(
  client: Client,
  { images: count = 2, name = "Harbours", trigger_word, side = 32 }: Options = {},
) {
  const { dataset } = await client.createDataset({ name, ...(trigger_word && { trigger_word }) });
  const images = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const picture = await png(side + index, `#7a4b${(index + 16).toString(16).slice(-2)}`);
      const image_base64 = picture.toString("base64");
      return (await client.createImage({ image_base64 })).image;
    }),
  );
  const { dataset_id } = dataset;
  const items = images.map(({ image_id }, index) =>
    index === 0 ? { image_id, caption: "A harbour at dusk" } : { image_id },
  );
  await client.putDatasetItems({ dataset_id, items });
  return { dataset_id, images };
}

/** The messages about the zips of an export that are not written. */
export const messagesOf = (sql: Sql, export_id: string) => sql<ExportMessage[]>`
  select export_id, file_index from export_files
  where export_id = ${export_id} and status = 'pending' order by file_index
`;

/** As if the consumers of an export's zips had died two hours ago, and every wait for another attempt were over. */
export const passLeases = (sql: Sql, export_id: string) => sql`
  update export_files
  set leased_until = leased_until - interval '2 hours', queue_after = queue_after - interval '2 hours'
  where status = 'pending' and export_id = ${export_id}
`;
