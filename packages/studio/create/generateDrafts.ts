import type { Client } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { errorText } from "../api/errorText.ts";
import {
  addCharacter,
  addPortrait,
  endGeneration,
  failPortrait,
  portraitErrors,
  startGeneration,
  startRepaint,
} from "./changeGeneration.ts";
import type { Draft, GenerationRequest } from "./draftsDocument.ts";
import type { DraftsStore } from "./draftsStore.ts";
import { errorOf, storedProblem } from "./storedProblem.ts";

/** Generates characters into the drafts, until the generation is ended there, in whichever tab. */
export async function generateDrafts(
  store: DraftsStore,
  client: Client,
  { request, replaces }: { request: GenerationRequest; replaces: boolean },
): Promise<void> {
  const run = store.newRun();
  const keys = Array.from({ length: request.count }, () => crypto.randomUUID());
  const controller = new AbortController();
  const { signal } = controller;
  store.change(startGeneration({ run, request, keys, replaces }));
  const unsubscribe = store.subscribe(() => {
    if (store.get().document.generation?.run !== run) controller.abort();
  });
  try {
    for await (const event of client.streamCharacters(request, { signal })) {
      if (event.type === "done") break;
      const key = keys[event.index];
      if (key === undefined) continue;
      if (event.type === "character") store.change(addCharacter(run, key, event.character));
      else applyPortrait(store, run, key, event);
    }
    store.change(endGeneration(run));
  } catch (error) {
    const problem = signal.aborted ? undefined : storedProblem(error);
    store.change(endGeneration(run, { problem }));
  } finally {
    unsubscribe();
  }
}

/** Generates one portrait again, from one of the owner's images when `reference` is given. */
export async function repaintDraft(
  store: DraftsStore,
  client: Client,
  { draft, theme, reference }: { draft: Draft; theme: string; reference?: Image | undefined },
): Promise<void> {
  const { key, character } = draft;
  const { name, description, details } = character!;
  const run = store.newRun();
  store.change(startRepaint(run, key));
  try {
    const events = client.streamCharacters({
      theme: draft.theme ?? theme,
      repaint: { name, description, details },
      ...(reference && { reference_image_id: reference.image_id }),
    });
    for await (const event of events)
      if (event.type !== "done" && event.type !== "character")
        applyPortrait(store, run, key, event);
  } catch (error) {
    store.change(failPortrait(run, key, errorText(errorOf(storedProblem(error)))));
  }
}

type PortraitEvent =
  | { type: "portrait"; image_portrait_base64: string }
  | { type: "portrait_error"; portrait_error: keyof typeof portraitErrors };

function applyPortrait(store: DraftsStore, run: string, key: string, event: PortraitEvent) {
  if (event.type === "portrait_error")
    return store.change(failPortrait(run, key, portraitErrors[event.portrait_error]));
  const portrait_id = crypto.randomUUID();
  return store.change(addPortrait(run, key, portrait_id), [
    [portrait_id, event.image_portrait_base64],
  ]);
}
