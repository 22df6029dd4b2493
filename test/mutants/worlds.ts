import type { Mutant } from "./mutant.ts";

const core = "packages/core";
const restoring = "test/api/restorePortrait.test.ts";
const pages = "test/api/worldPages.test.ts";
const hostile = "test/security/worldPages.test.ts";

/** Pieces that are changed, portraits that are brought back, and public pages. */
export const worlds: Mutant[] = [
  {
    name: "a portrait is brought back that a sweep has claimed",
    by: `${restoring} > once a sweep has claimed`,
    file: `${core}/portraits/replacedPortraits.sql.ts`,
    find: "o.erase_after = o.final_after and o.final_after > now()",
    replace: "o.final_after > now()",
  },
  {
    name: "a portrait that is brought back is still erased",
    by: `${restoring} > stays when the day is over`,
    file: `${core}/portraits/restorePortrait.ts`,
    find: "      !isShown &&\n",
    replace: "      isShown &&\n",
  },
  {
    name: "a portrait is brought back whose image is deleted",
    by: `${restoring} > of an image that was deleted`,
    file: `${core}/portraits/replacedPortraits.sql.ts`,
    find: "return image.length > 0 ? replaced : undefined;",
    replace: "return image.length >= 0 ? replaced : undefined;",
  },
  {
    name: "a portrait that was replaced by an older one is never erased",
    by: `${restoring} > stays when the day is over`,
    file: `${core}/portraits/restorePortrait.ts`,
    find: "if (keys.length > 0) {",
    replace: "if (keys.length > 99) {",
  },
  {
    name: "a given up portrait is published by its worker",
    by: `${restoring} > gives up the new one`,
    file: `${core}/portraits/replacedPortraits.sql.ts`,
    find: "portrait_status = 'published', portrait_error = null, updated_at",
    replace: "portrait_error = null, updated_at",
  },
  {
    name: "a replaced portrait stays when the image that it was made of is deleted",
    by: `${restoring} > of an image that was deleted`,
    file: `${core}/images/images.ts`,
    find: "return [...removed, ...erased];",
    replace: "return [...removed, ...erased.slice(99)];",
  },
  {
    name: "new details take a pending portrait with them",
    by: "test/api/editPieces.test.ts > while its portrait is pending",
    file: `${core}/worlds/changePieces.sql.ts`,
    find: "key in ('image_portrait_base64', 'image_portrait',",
    replace: "key in ('image_portrait',",
  },
  {
    name: "any owner changes a piece",
    by: "test/api/editPieces.test.ts > by its owner only",
    file: `${core}/worlds/changePieces.sql.ts`,
    find: "and w.world_id = p.world_id and w.owner_id = ${owner_id}",
    replace: "and w.world_id = p.world_id and ${owner_id} <> ''",
  },
  {
    name: "bringing a portrait back is an event",
    by: `${restoring} > is no event`,
    file: `${core}/migrations/20261122000050_replaced_portraits.sql`,
    find: "  if tg_op = 'UPDATE' and old.portrait_version <> new.portrait_version then\n    return null;\n  end if;\n",
    replace: "",
  },
  {
    name: "a private picture is shown on a page",
    by: `${pages} > private pictures`,
    file: `${core}/worlds/worldPages.sql.ts`,
    find: "i.status = 'published' and i.visibility = 'public'",
    replace: "i.status = 'published'",
  },
  {
    name: "a name is markup on a page",
    by: `${hostile} > is text`,
    file: "functions/worldPages/worldDocument.ts",
    find: '<h3 dir="auto">${escapeHtml(name)}</h3>',
    replace: '<h3 dir="auto">${name}</h3>',
  },
];
