import type { Client } from "@keepsake/client";
import type { Input } from "@keepsake/contract/api";
import type { PieceDraft } from "@keepsake/contract/schemas";
import {
  failCreation,
  finishCreation,
  giveUpCreation,
  isOver,
  isUnchanged,
  newCreation,
  pieceIdsOf,
  retryCreation,
  startCreation,
} from "./changeCreation.ts";
import type { Creation, Draft } from "./draftsDocument.ts";
import type { DraftsStore } from "./draftsStore.ts";
import { storedProblem } from "./storedProblem.ts";
import { alone } from "./tabLocks.ts";

/** A world that this tab has just created, and the id of the piece that each draft became, by the draft's key. */
export type SavedWorld = {
  world_id: string;
  title: string;
  drafts: Draft[];
  pieceIds: ReadonlyMap<string, string>;
};

type Services = {
  id: string;
  store: DraftsStore;
  client: Client;
  onSaved(world: SavedWorld): void;
};

/** The API knows an idempotency key for a day. */
const maxAgeMs = 23 * 3_600_000;

/**
 * Creates a world from the kept drafts. The request is stored before it is sent. When its response was lost, the very
 * same request is sent first: the API then answers the world that exists.
 */
export const createWorldOnce = (services: Services): Promise<void> =>
  exclusively(services, async () => {
    const { store } = services;
    const { creation } = store.get().document;
    if (creation) {
      if (!(await isKnownAfterSending(services, creation))) return;
      const { document } = store.get();
      if (!document.creation || isUnchanged(document, creation)) return;
    }
    const { document } = store.get();
    if (!document.drafts.some(({ kept }) => kept)) return; // created in another tab
    const fresh = newCreation(document);
    await store.change(startCreation(fresh));
    await send(services, fresh);
  });

/** Continues a creation that a reload has interrupted, once no other tab does. */
export const resumeCreation = (services: Services): Promise<void> =>
  exclusively(services, async () => {
    const { creation } = services.store.get().document;
    if (creation && !creation.problem) await send(services, creation);
  });

const exclusively = ({ id, store }: Services, work: () => Promise<void>) =>
  alone(`keepsake creation of ${id}`, async () => {
    await store.refresh();
    await work();
  });

/** Sends a request again; whether its outcome is known then. */
async function isKnownAfterSending(services: Services, creation: Creation): Promise<boolean> {
  if (isOver(creation)) return true;
  await services.store.change(retryCreation);
  await send(services, creation);
  const latest = services.store.get().document.creation;
  return !latest || isOver(latest);
}

async function send({ store, client, onSaved }: Services, creation: Creation): Promise<void> {
  const { key } = creation;
  if (Date.now() - creation.at > maxAgeMs) return void (await store.change(giveUpCreation(key)));
  try {
    const request = await worldRequest(creation, store);
    const { world } = await client.createWorld(request, { idempotencyKey: key });
    const { document } = store.get();
    if (isUnchanged(document, creation))
      onSaved({
        world_id: world.world_id,
        title: creation.title,
        drafts: creation.drafts,
        pieceIds: pieceIdsOf(creation, world),
      });
    await store.change(finishCreation(key, world.world_id));
  } catch (error) {
    await store.change(failCreation(key, storedProblem(error)));
  }
}

/** The same for the same creation: the API compares it when a key is sent again. */
async function worldRequest(
  { theme, title, story, drafts }: Creation,
  store: DraftsStore,
): Promise<Input<"createWorld">> {
  const pieces: PieceDraft[] = [];
  for (const draft of drafts) pieces.push(await pieceDraft(draft, theme, store));
  return {
    theme,
    ...(title.trim() && { title: title.trim() }),
    ...(story.trim() && { story: story.trim() }),
    pieces,
  };
}

/** Its own theme is kept among its details when the world has another. */
async function pieceDraft(
  { character, portrait, theme }: Draft,
  themeOfWorld: string,
  store: DraftsStore,
): Promise<PieceDraft> {
  const { details: texts, ...piece } = character!;
  const details = { ...texts, ...(theme && theme !== themeOfWorld && !texts.theme && { theme }) };
  if (portrait.state === "own")
    return { ...piece, details, portrait_image_id: portrait.image.image_id };
  if (portrait.state !== "painted") return { ...piece, details };
  const base64 = await store.loadPortrait(portrait.portrait_id);
  return { ...piece, details: { ...details, ...(base64 && { image_portrait_base64: base64 }) } };
}
