import { expect } from "vitest";
import { faction } from "../../support/pieceDrafts.ts";
import { sweep } from "../../support/stack.ts";
import { putTo, sha256Of, uploadRequest } from "../../support/uploadRequests.ts";
import { datasetOfTwo, datasetOperations } from "./datasetOperations.ts";
import { exportOperations } from "./exportOperations.ts";
import type { Operation } from "./operation.ts";
import {
  charactersAndFaction,
  createPublishedPiece,
  deliverOrThrow,
  imageIdOf,
  leavePendingWork,
  leaveUnfinished,
  newTelegramUser,
  photoUpdate,
  postUpdate,
  uploadImage,
} from "./operationSetup.ts";
import { worldOperations } from "./worldOperations.ts";

/** Every route that writes, every consumer and the sweep. The first word of a name is the function's. */
export const operations: Record<string, Operation> = {
  generateCharacters: {
    async prepare({ client }) {
      return () => client.generateCharacters({ theme: "norse", count: 1 });
    },
  },
  createWorld: {
    async prepare({ client, sub, pictures }) {
      const world = { theme: "norse", pieces: await charactersAndFaction(pictures) };
      return () => client.createWorld(world, { idempotencyKey: idempotencyKeyOf(sub) });
    },
  },
  "createWorld of an uploaded image": {
    async prepare(caller) {
      const { client, sub } = caller;
      const { image_id: portrait_image_id } = await uploadImage(caller);
      const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
      const world = { theme: "norse", pieces };
      return () => client.createWorld(world, { idempotencyKey: idempotencyKeyOf(sub) });
    },
  },
  addPieces: {
    async prepare({ client, sub, pictures }) {
      const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
      const { world_id } = world;
      const input = { world_id, pieces: await charactersAndFaction(pictures) };
      return () => client.addPieces(input, { idempotencyKey: idempotencyKeyOf(sub) });
    },
  },
  updateWorld: {
    async prepare(caller) {
      const { image_id } = await uploadImage(caller);
      const { world_id } = await createPublishedPiece(caller);
      return () => caller.client.updateWorld({ world_id, title: "Ashfall", image_id });
    },
  },
  replacePortrait: {
    async prepare(caller) {
      const { client, pictures, expectedSha256 } = caller;
      const { world_id, piece_id } = await createPublishedPiece(caller);
      expectedSha256.set(piece_id, sha256Of(pictures.other));
      const image_portrait_base64 = pictures.other.toString("base64");
      return () => client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    },
  },
  "replacePortrait by an uploaded image": {
    async prepare(caller) {
      const { client, pictures, expectedSha256 } = caller;
      const { image_id } = await uploadImage(caller);
      const { world_id, piece_id } = await createPublishedPiece(caller);
      expectedSha256.set(piece_id, sha256Of(pictures.clean));
      return () => client.replacePortrait({ world_id, piece_id, image_id });
    },
  },
  uploadPortraits: {
    async prepare({ client, stack, pictures }) {
      const pieces = await charactersAndFaction(pictures);
      const { world } = await client.createWorld({ theme: "norse", pieces });
      const messages = world.pieces
        .filter(({ type }) => type === "character")
        .map(({ piece_id }) => ({ piece_id, version: 1 }));
      return () => deliverOrThrow(stack, "PortraitQueue", messages);
    },
  },
  "uploadPortraits of an uploaded image": {
    async prepare(caller) {
      const { client, stack } = caller;
      const { image_id: portrait_image_id } = await uploadImage(caller);
      const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
      const { world } = await client.createWorld({ theme: "norse", pieces });
      const { piece_id } = world.pieces[0]!;
      return () => deliverOrThrow(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    },
  },
  "uploadPortraits of a replaced portrait": {
    async prepare(caller) {
      const { client, stack, pictures, expectedSha256 } = caller;
      const { world_id, piece_id } = await createPublishedPiece(caller);
      expectedSha256.set(piece_id, sha256Of(pictures.other));
      const image_portrait_base64 = pictures.other.toString("base64");
      await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
      return () => deliverOrThrow(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    },
  },
  presignUpload: {
    async prepare({ client, pictures }) {
      return () => client.presignUpload(uploadRequest(pictures.clean));
    },
  },
  "presignUpload that reuses an image": {
    async prepare(caller) {
      const { client, pictures } = caller;
      const image = await uploadImage(caller);
      const request = { ...uploadRequest(pictures.clean), reuse: true };
      return async () => expect(await client.presignUpload(request)).toEqual({ image });
    },
  },
  "the browser's PUT": {
    async prepare({ client, pictures: { clean } }) {
      const ticket = await client.presignUpload(uploadRequest(clean));
      return async () => {
        const { status } = await putTo(ticket, clean);
        if (status !== 200 && status !== 412) throw new Error(`R2 responded ${status}`);
        await client.completeUpload(ticket);
        expect((await putTo(ticket, clean)).status, "a second PUT").toBe(412);
      };
    },
  },
  completeUpload: {
    async prepare({ client, pictures: { photo } }) {
      const ticket = await client.presignUpload(uploadRequest(photo, "image/jpeg"));
      await putTo(ticket, photo);
      return () => client.completeUpload(ticket);
    },
  },
  "completeUpload by a caller that never comes back": {
    async prepare({ client, pictures: { photo } }) {
      const ticket = await client.presignUpload(uploadRequest(photo, "image/jpeg"));
      await putTo(ticket, photo);
      return () => client.completeUpload(ticket);
    },
    isAbandoned: true,
  },
  "completeUpload of a private image by a caller that never comes back": {
    async prepare({ client, pictures: { photo } }) {
      const request = { ...uploadRequest(photo, "image/jpeg"), visibility: "private" as const };
      const ticket = await client.presignUpload(request);
      await putTo(ticket, photo);
      return () => client.completeUpload(ticket);
    },
    isAbandoned: true,
  },
  "completeUpload of an image that R2 copies": {
    async prepare({ client, pictures: { large } }) {
      const ticket = await client.presignUpload(uploadRequest(large));
      await putTo(ticket, large);
      return () => client.completeUpload(ticket);
    },
  },
  "completeUpload of a private image that R2 copies, by a caller that never comes back": {
    async prepare({ client, pictures: { large } }) {
      const request = { ...uploadRequest(large), visibility: "private" as const };
      const ticket = await client.presignUpload(request);
      await putTo(ticket, large);
      return () => client.completeUpload(ticket);
    },
    isAbandoned: true,
  },
  "presignUpload, the PUT and completeUpload by a page that is closed": {
    async prepare({ client, pictures: { clean } }) {
      return async () => {
        const ticket = await client.presignUpload(uploadRequest(clean));
        await putTo(ticket, clean);
        await client.completeUpload(ticket);
      };
    },
    isAbandoned: true,
  },
  completeQueuedUploads: {
    async prepare({ client, stack, pictures: { photo } }) {
      const ticket = await client.presignUpload(uploadRequest(photo, "image/jpeg"));
      await putTo(ticket, photo);
      const { upload_id } = ticket;
      return () => deliverOrThrow(stack, "UploadQueue", [{ upload_id }]);
    },
  },
  "completeQueuedUploads of two images, one of them private": {
    async prepare({ client, stack, pictures: { large, clean } }) {
      const request = { ...uploadRequest(large), visibility: "private" as const };
      const tickets = [
        await client.presignUpload(request),
        await client.presignUpload(uploadRequest(clean)),
      ];
      await putTo(tickets[0]!, large);
      await putTo(tickets[1]!, clean);
      const messages = tickets.map(({ upload_id }) => ({ upload_id }));
      return () => deliverOrThrow(stack, "UploadQueue", messages);
    },
  },
  "completeQueuedUploads of nothing that arrived": {
    async prepare({ client, stack, pictures: { clean } }) {
      const { upload_id } = await client.presignUpload(uploadRequest(clean));
      return () => deliverOrThrow(stack, "UploadQueue", [{ upload_id }]);
    },
  },
  "cancelUpload of what arrived": {
    async prepare({ client, pictures: { clean } }) {
      const ticket = await client.presignUpload(uploadRequest(clean));
      await putTo(ticket, clean);
      return () => client.cancelUpload(ticket);
    },
  },
  createImage: {
    async prepare({ client, sub, pictures: { photo } }) {
      const image_base64 = photo.toString("base64");
      return () => client.createImage({ image_base64 }, { idempotencyKey: idempotencyKeyOf(sub) });
    },
  },
  "createImage of a private image by a caller that never comes back": {
    async prepare({ client, pictures: { photo } }) {
      const image_base64 = photo.toString("base64");
      return () => client.createImage({ image_base64, visibility: "private" });
    },
    isAbandoned: true,
  },
  "createImage after the sweep has removed an attempt that died": {
    async prepare(caller) {
      const { client, sub, stack, sql, pictures } = caller;
      const image_base64 = pictures.clean.toString("base64");
      const key = { idempotencyKey: idempotencyKeyOf(sub) };
      const { image } = await client.createImage({ image_base64 }, key);
      await leaveUnfinished(sql, image.image_id);
      await sql`update images set expires_at = now() where image_id = ${image.image_id}`;
      await sweep(stack);
      return () => client.createImage({ image_base64 }, key);
    },
  },
  updateImage: {
    async prepare(caller) {
      const { image_id } = await uploadImage(caller);
      return () => caller.client.updateImage({ image_id, caption: "The sea", tags: ["sea"] });
    },
  },
  deleteImage: {
    async prepare(caller) {
      const { image_id } = await uploadImage(caller);
      return () => caller.client.deleteImage({ image_id });
    },
    doneCodes: ["image.not_found"],
  },
  "deleteImage of a private image": {
    async prepare({ client, pictures: { clean } }) {
      const ticket = await client.presignUpload({ ...uploadRequest(clean), visibility: "private" });
      await putTo(ticket, clean);
      const { image_id } = (await client.completeUpload(ticket)).image;
      return () => client.deleteImage({ image_id });
    },
    doneCodes: ["image.not_found"],
  },
  "deleteImage with the portraits made of it": {
    async prepare(caller) {
      const { client, stack } = caller;
      const { image_id } = await uploadImage(caller);
      const mira = { ...faction, type: "character" as const, portrait_image_id: image_id };
      const { world } = await client.createWorld({ theme: "norse", pieces: [mira, mira] });
      const { piece_id } = world.pieces[0]!;
      await deliverOrThrow(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
      return () => client.deleteImage({ image_id, force: true });
    },
    doneCodes: ["image.not_found"],
  },
  "deleteImage of a world's picture": {
    async prepare(caller) {
      const { image_id } = await uploadImage(caller);
      await caller.client.createWorld({ theme: "norse", pieces: [faction], image_id });
      return () => caller.client.deleteImage({ image_id, force: true });
    },
    doneCodes: ["image.not_found"],
  },
  ...datasetOperations,
  ...worldOperations,
  deleteWorld: {
    async prepare(caller) {
      const { world_id } = await createPublishedPiece(caller);
      return () => caller.client.deleteWorld({ world_id });
    },
    doneCodes: ["world.not_found"],
    deletes: true,
  },
  eraseOwner: {
    async prepare(caller) {
      await createPublishedPiece(caller);
      await datasetOfTwo(caller);
      return () => caller.client.eraseOwner();
    },
    deletes: true,
  },
  rehostImage: {
    async prepare({ client, telegram, pictures }) {
      const { file_id, file_unique_id } = telegram.addFile(pictures.clean);
      const source = { platform: "telegram" as const, file_id, file_unique_id };
      return () => client.rehostImage({ source });
    },
  },
  "telegramRehost of a photo": {
    async prepare(caller) {
      const update = photoUpdate(caller);
      return () => postUpdate(caller.stack, update);
    },
  },
  "rehostImages and the bot's reply": {
    async prepare(caller) {
      const { stack, sql } = caller;
      const update = photoUpdate(caller);
      await postUpdate(stack, update);
      const image_id = await imageIdOf(sql, update);
      return () => deliverOrThrow(stack, "RehostQueue", [{ image_id }]);
    },
  },
  ...exportOperations,
  linkTelegram: {
    async prepare({ client }) {
      return () => client.linkTelegram();
    },
  },
  "telegramRehost of /start, the button and /unlink": {
    async prepare({ client, stack, telegram }) {
      const { url } = await client.linkTelegram();
      const token = new URL(url).searchParams.get("start");
      const from = newTelegramUser(telegram);
      const message = { message_id: 1, from, chat: { id: from.id, type: "private" } };
      const press = { id: "1", from, message, data: `link:${token}` };
      return async () => {
        const start = { ...message, text: `/start ${token}` };
        await postUpdate(stack, { update_id: 1, message: start });
        await postUpdate(stack, { update_id: 2, callback_query: press });
        await postUpdate(stack, { update_id: 3, message: { ...message, text: "/unlink" } });
      };
    },
  },
  unlinkTelegram: {
    async prepare({ client, sql, sub, telegram }) {
      const { id } = newTelegramUser(telegram);
      await sql`insert into telegram_accounts values (${id}, ${`user:${sub}`})`;
      return async () => {
        await client.unlinkTelegram({ telegram_id: String(id) });
        expect(await client.listTelegramAccounts()).toEqual({ accounts: [] });
      };
    },
  },
  deliverEvents: {
    async prepare(caller) {
      const { stack, sql } = caller;
      const { image_id } = await uploadImage(caller);
      const { piece_id } = await createPublishedPiece(caller);
      const messages = await sql<{ event_id: string }[]>`
        select event_id from events where subject_id in ${sql([image_id, piece_id])}
      `;
      expect(messages).toHaveLength(2);
      return () => deliverOrThrow(stack, "EventQueue", messages);
    },
  },
  sweep: {
    async prepare(caller) {
      await leavePendingWork(caller);
      return async () => {
        await sweep(caller.stack); // what it could not do, it does a minute later
      };
    },
    deletes: true,
    isGlobal: true,
  },
};

const idempotencyKeyOf = (sub: string) => encodeURIComponent(sub).slice(0, 255);
