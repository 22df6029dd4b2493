import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import jsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { ownerOf, refused } from "./authenticateOwner.ts";
import { sql } from "./database.ts";
import { jsonResponse, rejectInvalid } from "./httpResponses.ts";
import { send } from "./queue.ts";

const World = z.strictObject({
  theme: z.string().min(1).max(100),
  title: z.string().min(1).max(200).optional(),
  story: z.string().min(1).max(20_000).optional(),
  pieces: z
    .array(
      z.strictObject({
        type: z.enum(["character", "faction", "setting", "event", "relic"]),
        name: z.string().min(1).max(200),
        description: z.string().max(4_000),
        details: z.looseObject({ image_portrait_base64: z.base64().optional() }),
      }),
    )
    .min(1)
    .max(20),
});

export const handler = middy<APIGatewayProxyEventV2>()
  .use(jsonBodyParser())
  .onError(rejectInvalid)
  .handler(async (event) => {
    const owner_id = await ownerOf(event);
    if (owner_id === undefined) return refused();
    const { pieces, theme, title = null, story = null } = World.parse(event.body);
    const world = {
      world_id: randomUUID(),
      owner_id,
      theme,
      title,
      story,
    };
    const rows = pieces.map((piece) => ({
      ...piece,
      piece_id: randomUUID(),
      world_id: world.world_id,
      status: piece.details.image_portrait_base64 === undefined ? "none" : "pending",
    }));
    await sql.begin(async (tx) => {
      await tx`insert into worlds ${tx(world)}`;
      await tx`insert into pieces ${tx(rows.map((row) => ({ ...row, details: tx.json(row.details as never) })) as never)}`;
    });
    const pending = rows.filter(({ status }) => status === "pending");
    await send(pending.map(({ piece_id }) => ({ piece_id })));
    const withoutBase64 = rows.map(
      ({ details: { image_portrait_base64: _, ...details }, ...row }) => ({
        ...row,
        details,
      }),
    );
    return jsonResponse(201, { world: { ...world, pieces: withoutBase64 } });
  });
