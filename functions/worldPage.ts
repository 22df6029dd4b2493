import { show } from "@keepsake/core/worlds/worldPages";
import { answer } from "./reference/compressedFileResponse.ts";
import { httpMiddleware } from "./runtime/httpMiddleware.ts";
import { sql } from "./services/database.ts";
import { missingPage, worldDocument } from "./worldPages/worldDocument.ts";

/** `GET /w/{page_id}`: the public page of a world, while its owner has it switched on. */
export const handler = httpMiddleware("worldPage").handler(async ({ pathParameters, headers }) => {
  const world = await show({ sql: sql() }, pathParameters?.page_id ?? "");
  const { headers: security, ...response } = answer(
    world ? worldDocument(world) : missingPage(),
    headers,
  );
  return { ...response, headers: { ...security, "x-robots-tag": "noindex" } };
});
