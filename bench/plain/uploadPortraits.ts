import type { SQSEvent, SQSRecord } from "aws-lambda";
import sharp from "sharp";
import { z } from "zod";
import { sql } from "./database.ts";
import { putPublic } from "./putPublic.ts";
import { smallerCopy } from "./smallerCopy.ts";

const Message = z.object({ piece_id: z.uuid() });

/** Publishes a batch concurrently, or with `IN_TURN` one portrait after another. */
export async function handler({ Records }: SQSEvent) {
  const failed: string[] = [];
  const work = (record: SQSRecord) => publish(record).catch(() => failed.push(record.messageId));
  if (process.env.IN_TURN) for (const record of Records) await work(record);
  else await Promise.all(Records.map(work));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

async function publish({ body }: SQSRecord) {
  const { piece_id } = Message.parse(JSON.parse(body));
  const [piece] = await sql<{ world_id: string; details: Record<string, string> }[]>`
    select world_id, details from pieces where piece_id = ${piece_id} and status = 'pending'
  `;
  if (!piece) return;
  const { image_portrait_base64 = "", ...details } = piece.details;
  const bytes = Buffer.from(image_portrait_base64, "base64");
  await sharp(bytes, { failOn: "warning" }).raw().toBuffer();
  const copy = await smallerCopy(bytes, copyWidth);

  const name = `portraits/${piece.world_id}/${piece_id}_portrait`;
  await putPublic(`${name}_w${copyWidth}.webp`, copy, "image/webp");
  await putPublic(`${name}.png`, bytes, "image/png");
  const url = `${process.env.PUBLIC_URL}/${name}`;
  const published = {
    ...details,
    image_portrait: `${url}.png`,
    image_portrait_small: `${url}_w${copyWidth}.webp`,
  };
  await sql`
    update pieces set details = ${sql.json(published)}, status = 'published'
    where piece_id = ${piece_id}
  `;
}

const copyWidth = 320;
