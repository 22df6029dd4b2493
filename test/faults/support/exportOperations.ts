import { messagesOf } from "../../support/exports/datasetToExport.ts";
import { noisePng } from "../../support/images.ts";
import { putTo, uploadRequest } from "../../support/uploadRequests.ts";
import type { Operation } from "./operation.ts";
import {
  type Caller,
  createPublishedPiece,
  deliverOrThrow,
  uploadImage,
} from "./operationSetup.ts";

/** What writes, reads and removes exports. */
export const exportOperations: Record<string, Operation> = {
  createExport: {
    async prepare(caller) {
      const { dataset_id } = await datasetOfUploads(caller);
      return () => caller.client.createExport({ dataset_id, layout: "pairs" });
    },
  },
  exportOwner: {
    async prepare(caller) {
      await ownerOfEverything(caller);
      return () => caller.client.exportOwner();
    },
  },
  "deleteWorld of a world in an export of everything": {
    async prepare(caller) {
      const { world_id } = await ownerOfEverything(caller);
      await writeEverything(caller, (await caller.client.exportOwner()).export);
      return () => caller.client.deleteWorld({ world_id });
    },
    doneCodes: ["world.not_found"],
    deletes: true,
  },
  "exportDataset of everything": {
    async prepare(caller) {
      await ownerOfEverything(caller);
      const { export_id } = (await caller.client.exportOwner()).export;
      return () => writeEverything(caller, { export_id });
    },
  },
  deleteExport: {
    async prepare(caller) {
      const { export_id } = await readyExport(caller);
      return () => caller.client.deleteExport({ export_id });
    },
  },
  "deleteExport while it is not written": {
    async prepare(caller) {
      const { export_id } = await pendingExport(caller);
      return () => caller.client.deleteExport({ export_id });
    },
  },
  "deleteImage of an image in an export": {
    async prepare(caller) {
      const { image_id } = await readyExport(caller);
      return () => caller.client.deleteImage({ image_id, force: true });
    },
    doneCodes: ["image.not_found"],
  },
  exportDataset: {
    async prepare(caller) {
      const { export_id } = await pendingExport(caller);
      const messages = await messagesOf(caller.sql, export_id);
      return () => deliverOrThrow(caller.stack, "ExportQueue", messages);
    },
  },
  "exportDataset of a zip in two parts": {
    async prepare(caller) {
      const { export_id } = await pendingExport(caller, await largeImages(caller));
      const messages = await messagesOf(caller.sql, export_id);
      return () => deliverOrThrow(caller.stack, "ExportQueue", messages);
    },
    isLarge: true,
  },
};

/** An image, a portrait and a dataset. */
async function ownerOfEverything(caller: Caller) {
  await datasetOfUploads(caller);
  return createPublishedPiece(caller);
}

const writeEverything = async ({ stack, sql }: Caller, { export_id }: { export_id: string }) =>
  deliverOrThrow(stack, "ExportQueue", await messagesOf(sql, export_id));

/** An image of the caller's in a dataset. */
async function datasetOfUploads(caller: Caller, image_ids?: string[]) {
  const [first, ...rest] = image_ids ?? [(await uploadImage(caller)).image_id];
  const { dataset } = await caller.client.createDataset({ name: "Harbours" });
  const { dataset_id } = dataset;
  const items = [first!, ...rest].map((image_id) => ({ image_id, caption: "A harbour" }));
  await caller.client.putDatasetItems({ dataset_id, items });
  return { dataset_id, image_id: first! };
}

async function pendingExport(caller: Caller, image_ids?: string[]) {
  const { dataset_id, image_id } = await datasetOfUploads(caller, image_ids);
  const { export_id } = (await caller.client.createExport({ dataset_id, layout: "pairs" })).export;
  return { export_id, image_id };
}

async function readyExport(caller: Caller) {
  const ready = await pendingExport(caller);
  const messages = await messagesOf(caller.sql, ready.export_id);
  await deliverOrThrow(caller.stack, "ExportQueue", messages);
  return ready;
}

let uploaded: string | undefined;

/** Two images of 10 MB of the caller's: rows of their own on one object that is uploaded once. */
async function largeImages({ client, sql, sub }: Caller): Promise<string[]> {
  if (uploaded === undefined) {
    const bytes = await noisePng(1_900);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    uploaded = (await client.completeUpload(ticket)).image.image_id;
    await sql`update images set owner_id = 'user:large' where image_id = ${uploaded}`;
  }
  const copies = await sql<{ image_id: string }[]>`
    insert into images
    select (jsonb_populate_record(i, jsonb_build_object(
             'image_id', gen_random_uuid(), 'owner_id', ${`user:${sub}`}::text,
             'url_expires_at', null))).*
    from images i, generate_series(1, 2) where i.image_id = ${uploaded}
    returning image_id
  `;
  return copies.map(({ image_id }) => image_id);
}
