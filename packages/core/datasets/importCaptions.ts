import type { Input, Output } from "@keepsake/contract/api";
import * as itemRows from "./datasetItems.sql.ts";
import { datasetNotFound } from "./datasetNotFound.ts";
import * as datasets from "./datasets.sql.ts";
import { matchFileNames } from "./matchFileNames.ts";
import { parseMetadata, shown, type Unmatched } from "./parseMetadata.ts";
import { findDataset, type Reader } from "./presentDatasets.ts";

/** Sets the captions of a `metadata.jsonl`, and resolves to which of its lines name an image of the dataset. */
export async function importCaptions(
  services: Reader,
  { owner_id, dataset_id, metadata }: Input<"importCaptions"> & { owner_id: string },
): Promise<Output<"importCaptions">> {
  const { captions, unmatched } = parseMetadata(metadata);
  const matched: Output<"importCaptions">["matched"] = [];
  await services.sql.begin(async (tx) => {
    if (!(await datasets.lockToChange(tx, owner_id, dataset_id))) throw datasetNotFound();
    const items = await itemRows.lock(tx, owner_id, dataset_id);
    const own = items.filter(({ is_own }) => is_own);
    const captionOf = new Map<string, string>();
    for (const { line, file_name, text, image_id, isAmbiguous } of matchFileNames(captions, own)) {
      const about = { line, file_name: shown(file_name) };
      if (image_id === undefined)
        unmatched.push({ ...about, reason: isAmbiguous ? "ambiguous" : "not_in_dataset" });
      else {
        matched.push({ ...about, image_id });
        captionOf.set(image_id, text);
      }
    }
    const changes = [...captionOf].map(([image_id, caption]) => ({ image_id, caption }));
    if (changes.length > 0) await itemRows.setCaptions(tx, dataset_id, changes);
  });
  const dataset = await findDataset(services, owner_id, dataset_id);
  if (!dataset) throw datasetNotFound(); // deleted meanwhile
  return { matched, unmatched: unmatched.toSorted(byLine), dataset };
}

const byLine = (first: Unmatched, second: Unmatched) => first.line - second.line;
