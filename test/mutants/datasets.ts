import type { Mutant } from "./mutant.ts";

const core = "packages/core/datasets";
const items = "test/api/datasetItems.test.ts";
const captions = "test/api/datasetCaptions.test.ts";

/** Sets of images: their owners, locks, order and captions. */
export const datasets: Mutant[] = [
  {
    name: "the images of a dataset change without locking it",
    by: `${items} > never gets more`,
    file: `${core}/putItems.ts`,
    find: "if (!(await datasets.lockToChange(tx, owner_id, dataset_id))) throw datasetNotFound();",
    replace:
      "if (!(await datasets.isOwn(services.sql, owner_id, dataset_id))) throw datasetNotFound();",
  },
  {
    name: "datasets are counted without a lock",
    by: "test/api/datasets.test.ts > are 200 at most",
    file: `${core}/datasets.sql.ts`,
    find: "  await tx`select pg_advisory_xact_lock(hashtextextended(${`datasets ${owner_id}`}, 0))`;\n",
    replace: "",
  },
  {
    name: "any owner changes a dataset",
    by: "test/api/datasets.test.ts > of another owner is not found",
    file: `${core}/datasets.sql.ts`,
    find: "update datasets set updated_at = now()\n    where dataset_id = ${dataset_id} and owner_id = ${owner_id}",
    replace: "update datasets set updated_at = now()\n    where dataset_id = ${dataset_id}",
  },
  {
    name: "any owner lists the images of a dataset",
    by: "test/api/datasets.test.ts > of another owner is not found",
    file: `${core}/items.ts`,
    find: "if (!(await datasets.isOwn(sql, owner_id, dataset_id))) throw datasetNotFound();",
    replace: "await datasets.isOwn(sql, owner_id, dataset_id);",
  },
  {
    name: "control images may be another owner's",
    by: `${items} > takes published images of their owner only`,
    file: `${core}/putItems.ts`,
    find: "    ...(control_image_id ? [control_image_id] : []),\n",
    replace: "",
  },
  {
    name: "a dataset shows images of a Telegram account that was unlinked",
    by: `${items} > which leave when it is unlinked`,
    file: `${core}/datasetItems.sql.ts`,
    find: "cross join lateral ${itemImage(sql, owner_id, sql`t.image_id`)} i\n",
    replace: "join images i on i.image_id = t.image_id\n",
  },
  {
    name: "a dataset counts images of a Telegram account that was unlinked",
    by: `${items} > which leave when it is unlinked`,
    file: `${core}/datasets.sql.ts`,
    find: "from dataset_items t cross join lateral ${itemImage(sql, owner_id, sql`t.image_id`)} i\n",
    replace: "from dataset_items t join images i using (image_id)\n",
  },
  {
    name: "a dataset shows images that its exports leave out",
    by: "test/api/datasetsOfMissingFiles.test.ts > is in no dataset any more",
    file: `${core}/itemImages.sql.ts`,
    find: "  and i.status = 'published' and",
    replace: "  and",
  },
  {
    name: "an item that is put again loses its caption",
    by: `${items} > again changes only what is sent`,
    file: `${core}/datasetItems.sql.ts`,
    find: "changes_caption: caption !== undefined,",
    replace: "changes_caption: true,",
  },
  {
    name: "a file name with two files in the metadata is guessed",
    by: `${captions} > never guesses`,
    file: `${core}/matchFileNames.ts`,
    find: "if (!image || others.length > 0 || files.size > 1) continue;",
    replace: "if (!image || others.length > 0) continue;",
  },
  {
    name: "a file name of two images is guessed",
    by: `${captions} > never guesses`,
    file: `${core}/matchFileNames.ts`,
    find: "if (!image || others.length > 0 || files.size > 1) continue;",
    replace: "if (!image || files.size > 1) continue;",
  },
  {
    name: "a caption with a NUL reaches Postgres",
    by: `${captions} > says of every other line`,
    file: `${core}/parseMetadata.ts`,
    find: '  if (!isStorable(text)) return { file_name, reason: "text_not_storable" };\n',
    replace: "",
  },
  {
    name: "items of images that are deleted are locked in any order",
    by: "test/faults/lockOrder.test.ts > locks the items of images that are deleted",
    file: "packages/core/images/images.sql.ts",
    find: "where ${uses} order by dataset_id, image_id for update",
    replace: "where ${uses} for update",
  },
  {
    name: "an owner is erased without locking the items of other owners' datasets",
    by: "test/faults/lockOrder.test.ts > locks other owners' items",
    file: "packages/core/owners/eraseOwner.sql.ts",
    find: "      )\n      order by dataset_id, image_id\n",
    replace: "      )\n",
  },
  {
    name: "an owner is erased with its items locked before its images",
    by: "test/faults/eraseWhileDeletingImage.test.ts > waits for the image",
    file: "packages/core/owners/eraseOwner.ts",
    find: "    await rows.lockImages(tx, owners);\n    await rows.lockItems(tx, owners);\n",
    replace: "    await rows.lockItems(tx, owners);\n    await rows.lockImages(tx, owners);\n",
  },
];
