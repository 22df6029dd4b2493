import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import jsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { sql } from "./database.ts";
import { jsonResponse, rejectInvalid } from "./httpResponses.ts";
import { send } from "./queue.ts";

const Update = z.object({
  message: z
    .object({
      message_id: z.number().int(),
      from: z.object({ id: z.number().int() }),
      chat: z.object({ id: z.number().int() }),
      photo: z.array(z.object({ file_id: z.string(), file_unique_id: z.string() })).optional(),
    })
    .optional(),
});

export const handler = middy<APIGatewayProxyEventV2>()
  .use(jsonBodyParser())
  .onError(rejectInvalid)
  .handler(async (event) => {
    if (event.headers["x-telegram-bot-api-secret-token"] !== process.env.WEBHOOK_SECRET)
      return jsonResponse(401, { message: "Unauthorized" });
    const { message } = Update.parse(event.body);
    const photo = message?.photo?.at(-1);
    if (message && photo) {
      const image_id = randomUUID();
      const { count } = await sql`
        insert into rehosts ${sql({
          image_id,
          owner_id: `telegram:${message.from.id}`,
          file_id: photo.file_id,
          file_unique_id: photo.file_unique_id,
          chat_id: message.chat.id,
          message_id: message.message_id,
        })}
        on conflict do nothing
      `;
      if (count === 1) await send([{ image_id }]);
    }
    return jsonResponse(200, { ok: true });
  });
