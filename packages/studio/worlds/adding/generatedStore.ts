import type { Client } from "@keepsake/client";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { get, update } from "idb-keyval";
import { editsDeleted, generatedKey } from "../edits/storedEdits.ts";

/** A character that was generated for a world and is not added to it. */
export type GeneratedDraft = {
  /** Also the idempotency key of adding it. */
  key: string;
  /** Absent until its text has arrived. */
  character?: PieceDraft;
  /** Base64. */
  portrait?: string;
  /** Whether its portrait may still arrive. */
  isPending: boolean;
  isKept: boolean;
};

type GeneratedState = {
  drafts: GeneratedDraft[];
  isGenerating: boolean;
  /** Why the last generation ended early, or adding failed. */
  problem: unknown;
};

type Stored = { characters?: Record<string, GeneratedDraft[]> };
type Place = { client: Client; owner: string; world_id: string };
type Request = { theme: string; count: number; prompt?: string };

const stores = new WeakMap<object, Map<string, GeneratedStore>>();

/** One for each world: a generation goes on while another page is shown. */
export function generatedStoreOf(place: Place): GeneratedStore {
  const worlds = stores.get(place.client) ?? new Map<string, GeneratedStore>();
  stores.set(place.client, worlds);
  const store = worlds.get(place.world_id) ?? createStore(place);
  worlds.set(place.world_id, store);
  return store;
}

export type GeneratedStore = ReturnType<typeof createStore>;

function createStore({ client, owner, world_id }: Place) {
  let state: GeneratedState = { drafts: [], isGenerating: false, problem: undefined };
  let controller: AbortController | undefined;
  const listeners = new Set<() => void>();

  function set(changed: Partial<GeneratedState>) {
    state = { ...state, ...changed };
    if (changed.drafts) void storeDrafts(changed.drafts);
    for (const listener of [...listeners]) listener();
  }
  const change = (key: string, changed: Partial<GeneratedDraft>) =>
    set({
      drafts: state.drafts.map((draft) => (draft.key === key ? { ...draft, ...changed } : draft)),
    });

  const storeDrafts = (drafts: GeneratedDraft[]) =>
    update<Stored>(generatedKey(owner), (before) => {
      const { [world_id]: _, ...others } = before?.characters ?? {};
      const written = drafts.filter(({ character }) => character);
      const characters = written.length > 0 ? { ...others, [world_id]: written } : others;
      return { ...before, characters };
    }).catch(() => {});

  // those of an earlier visit; no portrait arrives for them any more
  get<Stored>(generatedKey(owner)).then(
    (stored) => {
      const drafts = stored?.characters?.[world_id] ?? [];
      if (drafts.length > 0 && state.drafts.length === 0)
        set({ drafts: drafts.map((draft) => ({ ...draft, isPending: false })) });
    },
    () => {},
  );

  function discard() {
    controller?.abort();
    set({ drafts: [], problem: undefined });
  }
  addEventListener(editsDeleted, (event) => (event as CustomEvent).detail === owner && discard());

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,

    /** Adds newly generated characters to those that are here. */
    async generate(request: Request) {
      controller?.abort();
      controller = new AbortController();
      const { signal } = controller;
      const keys = Array.from({ length: request.count }, () => crypto.randomUUID());
      const added = keys.map((key) => ({ key, isPending: true, isKept: false }));
      set({ drafts: [...state.drafts, ...added], isGenerating: true, problem: undefined });
      let problem: unknown;
      try {
        for await (const event of client.streamCharacters(request, { signal })) {
          const key = "index" in event && keys[event.index];
          if (!key) continue;
          if (event.type === "character") change(key, { character: event.character });
          else if (event.type === "portrait")
            change(key, { portrait: event.image_portrait_base64, isPending: false });
          else if (event.type === "portrait_error") change(key, { isPending: false });
        }
      } catch (thrown) {
        if (!signal.aborted) problem = thrown;
      }
      const ended = new Set<string>(keys);
      const drafts = state.drafts.flatMap((draft) => {
        if (!ended.has(draft.key)) return [draft];
        return draft.character ? [{ ...draft, isPending: false }] : [];
      });
      const isLatest = controller?.signal === signal;
      set({ drafts, ...(isLatest && { isGenerating: false, problem }) });
    },
    /** What has arrived stays. */
    stop: () => controller?.abort(),
    keep: (key: string, isKept: boolean) => change(key, { isKept }),
    /** Adds those that are kept to the world, each in a request of its own that may be repeated. */
    async addKept() {
      for (const draft of state.drafts.filter(({ isKept, character }) => isKept && character)) {
        const { key, character, portrait } = draft;
        const details = {
          ...character!.details,
          ...(portrait && { image_portrait_base64: portrait }),
        };
        const { name, description, type } = character!;
        const pieces = [{ type, name, description, details }];
        await client.addPieces({ world_id, pieces }, { idempotencyKey: key });
        set({ drafts: state.drafts.filter((each) => each.key !== key) });
      }
    },
    /** Forgets those that were not added. */
    discard,
  };
}
