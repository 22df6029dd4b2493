import { expect } from "vitest";
import { sha256Of } from "../../support/uploadRequests.ts";
import type { Operation } from "./operation.ts";
import { type Caller, createPublishedPiece, deliverOrThrow } from "./operationSetup.ts";

/** The routes that change the pieces of worlds, their portraits and their pages. Each reads what it wrote. */
export const worldOperations: Record<string, Operation> = {
  updatePiece: {
    async prepare(caller) {
      const { client, pictures } = caller;
      const ids = await createPublishedPiece(caller);
      return async () => {
        const details = { sha256: sha256Of(pictures.clean), age: 40 };
        const { piece } = await client.updatePiece({ ...ids, name: "Vela", details });
        expect((await client.getWorld(ids)).world.pieces).toEqual([piece]);
      };
    },
  },
  deletePiece: {
    async prepare(caller) {
      const ids = await createPublishedPiece(caller);
      return () => caller.client.deletePiece(ids);
    },
    doneCodes: ["piece.not_found"],
    deletes: true,
  },
  restorePortrait: {
    async prepare(caller) {
      const ids = await createReplacedPiece(caller);
      return async () => {
        const { piece } = await caller.client.restorePortrait({ ...ids, version: 1 });
        expect((await caller.client.getWorld(ids)).world.pieces).toEqual([piece]);
      };
    },
  },
  "restorePortrait while a new one is pending": {
    async prepare(caller) {
      const { client, pictures } = caller;
      const ids = await createReplacedPiece(caller);
      const image_portrait_base64 = pictures.withExif.toString("base64");
      await client.replacePortrait({ ...ids, image_portrait_base64 });
      return () => client.restorePortrait({ ...ids, version: 1 });
    },
  },
  "uploadPortraits after an older portrait was brought back": {
    async prepare(caller) {
      const { client, stack, pictures, expectedSha256 } = caller;
      const ids = await createReplacedPiece(caller);
      await client.restorePortrait({ ...ids, version: 1 });
      expectedSha256.set(ids.piece_id, sha256Of(pictures.other));
      const image_portrait_base64 = pictures.other.toString("base64");
      await client.replacePortrait({ ...ids, image_portrait_base64 });
      const message = { piece_id: ids.piece_id, version: 3 };
      return () => deliverOrThrow(stack, "PortraitQueue", [message]);
    },
  },
  publishWorldPage: {
    async prepare(caller) {
      const { client } = caller;
      const ids = await createPublishedPiece(caller);
      return async () => {
        const { page } = await client.publishWorldPage(ids);
        expect((await client.getWorld(ids)).world.page).toEqual(page);
      };
    },
  },
  unpublishWorldPage: {
    async prepare(caller) {
      const { client } = caller;
      const ids = await createPublishedPiece(caller);
      await client.publishWorldPage(ids);
      return async () => {
        await client.unpublishWorldPage(ids);
        expect((await client.getWorld(ids)).world.page).toBeNull();
      };
    },
  },
};

/** A character whose second portrait is shown. */
async function createReplacedPiece(caller: Caller) {
  const { client, stack, pictures } = caller;
  const ids = await createPublishedPiece(caller);
  const image_portrait_base64 = pictures.other.toString("base64");
  await client.replacePortrait({ ...ids, image_portrait_base64 });
  await deliverOrThrow(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 2 }]);
  return ids;
}
