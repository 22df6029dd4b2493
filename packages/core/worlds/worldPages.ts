import { randomBytes } from "node:crypto";
import type { Input, Output } from "@keepsake/contract/api";
import type { Services } from "../ports.ts";
import type { PageUrl } from "./presentWorld.ts";
import { pictureWithUrls } from "./presentWorld.ts";
import { worldNotFound } from "./worldNotFound.ts";
import * as rows from "./worldPages.sql.ts";
import { lock } from "./worlds.sql.ts";

type Owned = { owner_id: string };

/** Switches the public page of a world on. One that is on keeps its address; one that was off gets a new one. */
export async function publish(
  { sql, pageUrl }: Pick<Services, "sql"> & PageUrl,
  { owner_id, world_id }: Input<"publishWorldPage"> & Owned,
): Promise<Output<"publishWorldPage">> {
  const page_id = await sql.begin(async (tx) => {
    if (!(await lock(tx, owner_id, world_id))) throw worldNotFound();
    return rows.insert(tx, world_id, randomBytes(16).toString("base64url"));
  });
  return { page: { page_id, url: pageUrl(page_id) } };
}

/** Switches the public page of a world off. */
export async function unpublish(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id }: Input<"unpublishWorldPage"> & Owned,
): Promise<undefined> {
  await sql.begin(async (tx) => {
    if (!(await lock(tx, owner_id, world_id))) throw worldNotFound();
    await rows.remove(tx, world_id);
  });
}

/** What the page with this id shows; undefined when there is none. An id that cannot be one costs no query. */
export async function show({ sql }: Pick<Services, "sql">, page_id: string) {
  if (!isPageId(page_id)) return undefined;
  const [world] = await rows.shownWorld(sql, page_id);
  return world && { ...world, image: world.image && pictureWithUrls(world.image) };
}

/** 16 bytes in base64url: the last character has 2 bits. */
const isPageId = (id: string) => /^[\w-]{21}[AQgw]$/.test(id);
