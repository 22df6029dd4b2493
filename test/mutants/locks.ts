import type { Mutant } from "./mutant.ts";

const concurrent = "test/faults/concurrentRequests.test.ts";
const lockOrder = "test/faults/lockOrder.test.ts";
const heldRows = "test/workers/concurrentSweeps.test.ts";
const core = "packages/core";

/** Locks, and the order in which they are taken. */
export const locks: Mutant[] = [
  {
    name: "uploads are reserved without a lock",
    file: `${core}/migrations/20261121000020_attempts.sql`,
    find: "  perform pg_advisory_xact_lock(hashtextextended(declared ->> 'owner_id', 0));\n",
    replace: "",
    tests: ["test/api/presignUpload.test.ts"],
  },
  {
    name: "links to Telegram are reserved without a lock",
    file: `${core}/migrations/20261121000030_reserve_telegram_link.sql`,
    find: "  perform pg_advisory_xact_lock(hashtextextended('telegram links ' || (link ->> 'owner_id'), 0));\n",
    replace: "",
    tests: ["test/api/linkTelegram.test.ts", concurrent],
  },
  {
    name: "generations are counted without a lock",
    file: `${core}/characters/generations.sql.ts`,
    find: "  await tx`select pg_advisory_xact_lock(hashtextextended(${`generations ${owner_id}`}, 0))`;\n",
    replace: "",
    tests: [concurrent],
  },
  {
    name: "all owners' generations are counted one after another",
    file: `${core}/characters/generations.sql.ts`,
    find: "hashtextextended(${`generations ${owner_id}`}, 0)",
    replace: "hashtextextended('generations', 0)",
    tests: [concurrent],
  },
  {
    name: "pieces are added without locking the world",
    file: `${core}/worlds/worlds.sql.ts`,
    find: "where world_id = ${world_id} and owner_id = ${owner_id} for update\n  `;\n  if (!world) return undefined;\n  const [{ count }]",
    replace:
      "where world_id = ${world_id} and owner_id = ${owner_id}\n  `;\n  if (!world) return undefined;\n  const [{ count }]",
    tests: [concurrent],
  },
  {
    name: "a world is deleted without locking it first",
    file: `${core}/worlds/worlds.sql.ts`,
    find: "where world_id = ${world_id} and owner_id = ${owner_id} for update\n  `;\n  if (!world) return undefined;\n  const portraits",
    replace:
      "where world_id = ${world_id} and owner_id = ${owner_id}\n  `;\n  if (!world) return undefined;\n  const portraits",
    tests: [concurrent],
  },
  {
    name: "a world is deleted without locking its pieces",
    file: `${core}/worlds/worlds.sql.ts`,
    find: "    order by piece_id\n    for update\n",
    replace: "    order by piece_id\n",
    tests: [concurrent],
  },
  {
    name: "an owner's worlds are deleted without locking them first",
    file: `${core}/owners/owners.sql.ts`,
    find: " order by world_id for update`;",
    replace: " order by world_id`;",
    tests: [concurrent],
  },
  {
    name: "an owner's pieces are deleted without locking them first",
    file: `${core}/owners/owners.sql.ts`,
    find: "    for update of lore_pieces\n",
    replace: "",
    tests: [concurrent],
  },
  {
    name: "an owner's pieces are locked in any order",
    file: `${core}/owners/owners.sql.ts`,
    find: "    order by piece_id\n",
    replace: "",
    tests: [lockOrder],
  },
  {
    name: "an owner's images are deleted in any order",
    file: `${core}/owners/owners.sql.ts`,
    find: " order by image_id for update\n",
    replace: "\n",
    tests: [lockOrder],
  },
  {
    name: "an owner's Telegram accounts are not locked while it is erased",
    file: `${core}/linkedOwners.sql.ts`,
    find: "    for update\n",
    replace: "",
    tests: [concurrent],
  },
  {
    name: "images that become portraits are not locked",
    file: `${core}/images/images.sql.ts`,
    find: "    for share\n",
    replace: "",
    tests: [concurrent],
  },
  {
    name: "an image is deleted without locking it first",
    file: `${core}/images/images.sql.ts`,
    find: "    order by image_id\n    for update\n",
    replace: "    order by image_id\n",
    tests: [concurrent],
  },
  {
    name: "the portraits of a deleted image are not locked",
    file: `${core}/images/images.sql.ts`,
    find: "${lock ? tx`for update of p` : tx``}",
    replace: "${lock ? tx`` : tx``}",
    tests: [concurrent],
  },
  {
    name: "an image is locked before the portraits made of it",
    file: `${core}/images/images.ts`,
    find: `    const locked = new Set((force ? await lock() : []).map(({ piece_id }) => piece_id));
    const deleted = await rows.lockToDelete(tx, owner_id, image_id);
`,
    replace: `    const deleted = await rows.lockToDelete(tx, owner_id, image_id);
    const locked = new Set((force ? await lock() : []).map(({ piece_id }) => piece_id));
`,
    tests: [concurrent],
  },
  {
    name: "a piece is not locked before the image of its portrait",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "    for update of p\n  `;\n  return piece?.type;",
    replace: "  `;\n  return piece?.type;",
    tests: [concurrent],
  },
  {
    name: "a duplicate's original may be deleted while it is found",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "    for share\n",
    replace: "",
    tests: [concurrent],
  },
  {
    name: "portraits are claimed in any order",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "      order by p.piece_id\n      for update of p\n    ), counted as (",
    replace: "    ), counted as (",
    tests: [lockOrder],
  },
  {
    name: "outcomes of portraits are saved in any order",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "      order by p.piece_id\n      for update of p\n    ), saved as (",
    replace: "    ), saved as (",
    tests: [lockOrder],
  },
  {
    name: "images are claimed in any order",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "      order by image_id\n      for update\n    )\n    update images i",
    replace: "    )\n    update images i",
    tests: [lockOrder],
  },
  {
    name: "incoming objects are marked as removed in any order",
    file: `${core}/uploads/uploads.sql.ts`,
    find: " order by image_id for update\n",
    replace: "\n",
    tests: [lockOrder],
  },
  {
    name: "receipts are saved in any order",
    file: `${core}/erasures/purges.sql.ts`,
    find: "      order by erasure_id for update\n",
    replace: "",
    tests: [lockOrder],
  },
  {
    name: "stale portraits wait for another sweep",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
  {
    name: "stale portraits are claimed without a lock",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "      for update skip locked\n",
    replace: "",
    tests: [heldRows],
  },
  {
    name: "stale images wait for another sweep",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
  {
    name: "stale images are claimed without a lock",
    file: `${core}/rehosts/rehosts.sql.ts`,
    find: "      for update skip locked\n",
    replace: "",
    tests: [heldRows],
  },
  {
    name: "expired uploads wait for another sweep",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
  {
    name: "expired generations wait for another sweep",
    file: `${core}/characters/generations.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
  {
    name: "expired idempotency keys wait for another sweep",
    file: `${core}/worlds/idempotency.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
  {
    name: "objects to remove wait for another sweep",
    file: `${core}/erasures/erasures.sql.ts`,
    find: "      for update of o skip locked\n",
    replace: "      for update of o\n",
    tests: [heldRows],
  },
  {
    name: "objects to purge wait for another sweep",
    file: `${core}/erasures/purges.sql.ts`,
    find: "      for update of o skip locked\n",
    replace: "      for update of o\n",
    tests: [heldRows],
  },
  {
    name: "finished erasures wait for another sweep",
    file: `${core}/erasures/erasures.sql.ts`,
    find: "      for update skip locked\n",
    replace: "      for update\n",
    tests: [heldRows],
  },
];
