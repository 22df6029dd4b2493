import type { Image } from "@keepsake/contract/schemas";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { type Change, dismissCreated } from "./changeDrafts.ts";
import { endGeneration } from "./changeGeneration.ts";
import { createWorldOnce, resumeCreation, type SavedWorld } from "./createWorldOnce.ts";
import type { Draft, DraftsDocument, GenerationRequest } from "./draftsDocument.ts";
import { type DraftsSnapshot, openDraftsStore } from "./draftsStore.ts";
import { generateDrafts, repaintDraft } from "./generateDrafts.ts";

type Actions = {
  change(change: Change): unknown;
  /** Adds characters; when the first arrives, it replaces the drafts that are not kept, unless `replaces` is false. */
  generate(request: GenerationRequest, options?: { replaces: boolean }): Promise<void>;
  /** Stops the generation, also one of another tab; what has arrived stays. */
  stop(): void;
  /** Generates a portrait again, from one of the owner's images when `reference` is given. */
  repaint(draft: Draft, reference?: Image): Promise<void>;
  /** Creates a world from the kept drafts; when that fails, `creation.problem` says why. */
  createWorld(): Promise<void>;
  /** The portrait was shown from its permanent URL: the page drops its own copy. */
  markPublished(draft: Draft, url: string): void;
  loadPortrait(portrait_id: string): unknown;
  startOver(): void;
};

type Drafts = DraftsDocument &
  Omit<DraftsSnapshot, "document"> &
  Actions & {
    /** Whether the generation runs in another tab. */
    isElsewhere: boolean;
    /** The world that was just created here. */
    saved: SavedWorld | undefined;
    /** The URL of each published portrait of that world, by the draft's key. */
    published: ReadonlyMap<string, string>;
  };

const Context = createContext<Drafts | undefined>(undefined);

/** Characters that exist in this browser only, the same in all its tabs. They survive reloads and ended sessions. */
export function DraftsProvider({ children }: { children: ReactNode }) {
  const { client, id } = useSession();
  const [store] = useState(() => openDraftsStore(id));
  useEffect(() => store.close, [store]);
  const { document, ...snapshot } = useSyncExternalStore(store.subscribe, store.get);
  const [saved, onSaved] = useState<SavedWorld>();
  const [published, setPublished] = useState<ReadonlyMap<string, string>>(new Map());

  const services = useMemo(() => ({ id, store, client, onSaved }), [id, store, client]);
  const { creation, generation } = document;
  const unfinished = creation && !creation.problem ? creation.key : undefined;
  useEffect(() => {
    if (unfinished !== undefined) resumeCreation(services);
  }, [services, unfinished]);

  const actions: Actions = {
    change: store.change,
    generate: (request, { replaces } = { replaces: true }) =>
      generateDrafts(store, client, { request, replaces }),
    stop: () => generation && store.change(endGeneration(generation.run)),
    repaint: (draft, reference) =>
      repaintDraft(store, client, { draft, theme: document.form.theme, reference }),
    createWorld: () => createWorldOnce(services),
    markPublished({ key, portrait }, url) {
      setPublished((before) => new Map(before).set(key, url));
      if (portrait.state === "painted") store.dropPortrait(portrait.portrait_id);
    },
    loadPortrait: store.loadPortrait,
    startOver() {
      store.change(dismissCreated);
      onSaved(undefined);
      setPublished(new Map());
    },
  };
  const isElsewhere = generation !== undefined && !store.isMine(generation.run);
  return (
    <Context value={{ ...document, ...snapshot, ...actions, isElsewhere, saved, published }}>
      {children}
    </Context>
  );
}

export function useDrafts() {
  const drafts = useContext(Context);
  if (!drafts) throw new Error("useDrafts needs a DraftsProvider above it");
  return drafts;
}
