import type { Client } from "@keepsake/client";
import type { QueueName } from "@keepsake/contract/queues";
import type { EmbeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import type { Sql } from "postgres";
import sharp from "sharp";
import { gpsJpeg, noisePng, png } from "../../support/images.ts";
import { character, faction } from "../../support/pieceDrafts.ts";
import { deliver, request, type TestStack } from "../../support/stack.ts";
import { putTo, sha256Of, uploadRequest } from "../../support/uploadRequests.ts";
import { marker } from "./invariants.ts";
import { passDays } from "./passTime.ts";

/** What an operation can use; each case has a caller of its own. */
export type Caller = {
  client: Client;
  sub: string;
  stack: TestStack;
  sql: Sql;
  telegram: EmbeddedTelegram;
  pictures: Pictures;
  /** SHA-256 of the expected portrait, by piece id, where it is not the one that was sent first. */
  expectedSha256: Map<string, string>;
};

export type Pictures = Awaited<ReturnType<typeof makePictures>>;

/**
 * Two clean PNGs, one of them also with EXIF, a photo with EXIF, and a PNG that is large enough to be copied
 * inside R2. The photo gets two smaller copies, the others one.
 */
export async function makePictures() {
  const [clean, other, photo, large] = await Promise.all([
    png(340, "#7a4b2f"),
    png(400, "#2f7a4b"),
    gpsJpeg(340, 1_000),
    noisePng(340),
  ]);
  const withExif = await sharp(clean)
    .withExif({ IFD0: { Artist: `A. ${marker}` } })
    .png()
    .toBuffer();
  return { clean, other, photo, large, withExif };
}

/** Two characters, one whose portrait has EXIF, and a faction. */
export async function charactersAndFaction({ clean, withExif }: Pictures) {
  const cleanCharacter = await character("Clean", clean, { sha256: sha256Of(clean) });
  return [cleanCharacter, await character("Dirty", withExif), faction];
}

export async function createPublishedPiece({ client, stack, pictures: { clean } }: Caller) {
  const pieces = [await character("Mira", clean, { sha256: sha256Of(clean) })];
  const { world } = await client.createWorld({ theme: "norse", pieces });
  const { piece_id } = world.pieces[0]!;
  await deliverOrThrow(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  return { world_id: world.world_id, piece_id };
}

export async function uploadImage({ client, pictures: { clean } }: Caller) {
  const ticket = await client.presignUpload(uploadRequest(clean));
  await putTo(ticket, clean);
  return (await client.completeUpload(ticket)).image;
}

export async function deliverOrThrow(stack: TestStack, queue: QueueName, messages: object[]) {
  const failed = await deliver(stack, queue, messages);
  if (failed.length > 0) throw new Error("The message is delivered again");
}

let lastUser = 5_000;
export function newTelegramUser(telegram: EmbeddedTelegram) {
  lastUser += 1;
  const user = { id: lastUser, first_name: "Mira" };
  telegram.phone(user);
  return user;
}

export function photoUpdate({ telegram, pictures }: Caller) {
  const from = newTelegramUser(telegram);
  const { file_path: _, ...file } = telegram.addFile(pictures.clean);
  const document = { ...file, file_name: "map.png", mime_type: "image/png" };
  const chat = { id: from.id, type: "private" };
  return { update_id: from.id, message: { message_id: 1, date: 1, from, chat, document } };
}

export async function postUpdate(stack: TestStack, update: object) {
  const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };
  const response = await request(stack, "POST", "/telegram/webhook", { body: update, headers });
  if (response.status !== 200) throw new Error("Telegram sends the Update again");
}

export async function imageIdOf(sql: Sql, { message }: ReturnType<typeof photoUpdate>) {
  const [image] = await sql<{ image_id: string }[]>`
    select image_id from images where owner_id = ${`telegram:${message.from.id}`}
  `;
  return image!.image_id;
}

/** As a request leaves an image that died after it had stored the objects. */
export const leaveUnfinished = (sql: Sql, image_id: string) => sql`
  update images
  set status = 'pending', key = null, url = null, sha256 = null, variants = '[]', stored_bytes = null
  where image_id = ${image_id}
`;

/** Leaves one of each kind of work that a sweep finishes. */
export async function leavePendingWork(caller: Caller) {
  const { client, stack, sql, pictures } = caller;
  await client.createWorld({ theme: "norse", pieces: await charactersAndFaction(pictures) });
  await postUpdate(stack, photoUpdate(caller));
  const late = await client.presignUpload(uploadRequest(pictures.photo, "image/jpeg"));
  await putTo(late, pictures.photo);
  await client.deleteWorld(await createPublishedPiece(caller));
  await uploadImage(caller);
  const image_base64 = pictures.other.toString("base64");
  await leaveUnfinished(sql, (await client.createImage({ image_base64 })).image.image_id);
  await passDays(sql);
  await client.deleteImage(await uploadImage(caller));
}
