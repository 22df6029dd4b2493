import type { CharacterStreamRequest } from "@keepsake/contract/api";
import type { Image, PieceDraft, World } from "@keepsake/contract/schemas";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { type Draft, type Drafts, emptyDrafts, reduce } from "./draftsReducer.ts";
import { forgetDrafts, loadDrafts, type StoredDrafts, storeDrafts } from "./storedDrafts.ts";

type Generation = Extract<CharacterStreamRequest, { count: number }>;

type Actions = {
  /** Asks for characters in the place of those that are not kept. */
  generate(request: Generation): Promise<void>;
  /** Stops asking; what has come stays. */
  stop(): void;
  keep(keys: string[], kept: boolean): void;
  /** Paints a portrait again, after one of the owner's images when there is one. */
  repaint(draft: Draft, reference?: Image): Promise<void>;
  /** Makes one of the owner's images the portrait. */
  choose(draft: Draft, image: Image): void;
  write(words: { title?: string; story?: string }): void;
  /** Creates the world of what is kept. Throws what the API refuses; the same call may be repeated. */
  createWorld(): Promise<void>;
  /** A portrait was seen at its permanent URL: what the page held of it is let go. */
  arrive(draft: Draft, url: string): void;
  startOver(): void;
};

const Context = createContext<(Drafts & Actions) | undefined>(undefined);

/** Characters that are nowhere but in this browser: they outlive the section, and the page. */
export function DraftsProvider({ children }: { children: ReactNode }) {
  const { client, id } = useSession();
  const [state, dispatch] = useReducer(reduce, emptyDrafts);
  useStored(id, state, (drafts) => dispatch({ type: "restored", drafts }));
  const asking = useRef<AbortController>(undefined);
  const { drafts, theme, title, story } = state;

  // made anew with what is saved: the same world twice has the same key, another has another
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [drafts, theme, title, story]);

  const generate = useCallback(
    async (request: Generation) => {
      asking.current?.abort();
      const controller = new AbortController();
      asking.current = controller;
      const { signal } = controller;
      const keys = Array.from({ length: request.count }, () => crypto.randomUUID());
      dispatch({ type: "asked", theme: request.theme, keys });
      try {
        for await (const event of client.streamCharacters(request, { signal })) {
          const key = "index" in event && keys[event.index];
          if (key) dispatch({ ...event, key });
        }
        dispatch({ type: "ended", keys });
      } catch (problem) {
        dispatch({ type: "ended", keys, ...(!signal.aborted && { problem }) });
      }
    },
    [client],
  );

  const repaint = useCallback(
    async ({ key, character, portrait }: Draft, reference?: Image) => {
      const { name, description, details } = character!;
      dispatch({ type: "repainting", key });
      try {
        const events = client.streamCharacters({
          theme,
          repaint: { name, description, details },
          ...(reference && { reference_image_id: reference.image_id }),
        });
        for await (const event of events)
          if (event.type === "portrait") dispatch({ ...event, key });
          else if (event.type === "portrait_error") dispatch({ ...event, key, before: portrait });
      } catch (problem) {
        dispatch({ type: "portrait_error", key, before: portrait, problem });
      }
    },
    [client, theme],
  );

  const actions: Actions = {
    generate,
    repaint,
    stop: () => asking.current?.abort(),
    keep: (keys, kept) => dispatch({ type: "kept", keys, kept }),
    choose: ({ key }, image) => dispatch({ type: "chosen", key, image }),
    write: (words) => dispatch({ type: "written", ...words }),
    arrive: ({ key }, url) => dispatch({ type: "arrived", key, url }),
    startOver: () => dispatch({ type: "startedOver" }),
    async createWorld() {
      const kept = drafts.filter((draft) => draft.kept);
      const { world } = await client.createWorld(
        {
          theme,
          ...(title.trim() && { title: title.trim() }),
          ...(story.trim() && { story: story.trim() }),
          pieces: kept.map(pieceOf),
        },
        { idempotencyKey },
      );
      dispatch({ type: "saved", saved: savedOf(world, kept) });
    },
  };
  return <Context value={{ ...state, ...actions }}>{children}</Context>;
}

/** Brings back the drafts of an earlier visit, and keeps those of this one until they are a world. */
function useStored(id: string, state: Drafts, restore: (drafts: StoredDrafts) => void) {
  const [isLoaded, setIsLoaded] = useState(false);
  const { theme, drafts, title, story, saved } = state;
  useEffect(() => {
    loadDrafts(id).then((stored) => {
      if (stored) restore(stored);
      setIsLoaded(true);
    });
  }, [id]);
  useEffect(() => {
    if (!isLoaded) return;
    const isWorthIt = drafts.length > 0 && !saved;
    const timer = setTimeout(
      () => (isWorthIt ? storeDrafts(id, { theme, drafts, title, story }) : forgetDrafts(id)),
      200, // events of a stream come in flocks
    );
    return () => clearTimeout(timer);
  }, [id, isLoaded, theme, drafts, title, story, saved]);
}

export function useDrafts() {
  const drafts = useContext(Context);
  if (!drafts) throw new Error("Drafts have no provider here");
  return drafts;
}

/** A draft as `createWorld` takes it. */
function pieceOf({ character, portrait }: Draft): PieceDraft {
  const { details, ...piece } = character!;
  if (portrait.state === "own")
    return { ...piece, details, portrait_image_id: portrait.image.image_id };
  if (portrait.state !== "painted") return { ...piece, details };
  return { ...piece, details: { ...details, image_portrait_base64: portrait.base64 } };
}

/** Pieces are answered in the order they were sent. */
const savedOf = ({ world_id, pieces }: World, kept: Draft[]) => ({
  world_id,
  pieceIds: new Map(kept.map(({ key }, index) => [key, pieces[index]!.piece_id])),
});
