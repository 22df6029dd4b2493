import type { CharacterStreamRequest } from "@keepsake/contract/api";
import type { Image } from "@keepsake/contract/schemas";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useReducer,
  useRef,
} from "react";
import { useSession } from "../session/SessionProvider.tsx";
import {
  type Draft,
  type DraftsState,
  draftsReducer,
  emptyDrafts,
} from "./characterDraftsReducer.ts";
import { savedWorld, worldRequest } from "./draftsToWorld.ts";
import { useStoredDrafts } from "./storedDrafts.ts";

type GenerationRequest = Extract<CharacterStreamRequest, { count: number }>;

type Actions = {
  /** Replaces the drafts that are not kept with newly generated characters. */
  generate(request: GenerationRequest): Promise<void>;
  /** Stops the generation; what has arrived stays. */
  stop(): void;
  keep(keys: string[], kept: boolean): void;
  /** Generates a portrait again, from one of the owner's images when `reference` is given. */
  repaint(draft: Draft, reference?: Image): Promise<void>;
  /** Makes one of the owner's images the portrait. */
  chooseImage(draft: Draft, image: Image): void;
  edit(world: { title?: string; story?: string }): void;
  /** Creates a world from the kept drafts. Throws the API's error; the same call may be repeated. */
  createWorld(): Promise<void>;
  /** The portrait was shown from its permanent URL: the page drops its own copy. */
  markPublished(draft: Draft, url: string): void;
  startOver(): void;
};

const Context = createContext<(DraftsState & Actions) | undefined>(undefined);

/** Characters that exist in this browser only. They survive other sections and reloads. */
export function DraftsProvider({ children }: { children: ReactNode }) {
  const { client, id } = useSession();
  const [state, dispatch] = useReducer(draftsReducer, emptyDrafts);
  useStoredDrafts(id, state, (drafts) => dispatch({ type: "restored", drafts }));
  const generation = useRef<AbortController>(undefined);
  const { drafts, theme, title, story } = state;

  // a new key whenever the world changes: repeating the same world sends the same key
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [drafts, theme, title, story]);

  const generate = useCallback(
    async (request: GenerationRequest) => {
      generation.current?.abort();
      const controller = new AbortController();
      generation.current = controller;
      const { signal } = controller;
      const keys = Array.from({ length: request.count }, () => crypto.randomUUID());
      dispatch({ type: "generationStarted", theme: request.theme, keys });
      try {
        for await (const event of client.streamCharacters(request, { signal })) {
          const key = "index" in event && keys[event.index];
          if (key) dispatch({ ...event, key });
        }
        dispatch({ type: "generationEnded", keys });
      } catch (problem) {
        dispatch({ type: "generationEnded", keys, ...(!signal.aborted && { problem }) });
      }
    },
    [client],
  );

  const repaint = useCallback(
    async ({ key, character, portrait }: Draft, reference?: Image) => {
      const { name, description, details } = character!;
      dispatch({ type: "repaintStarted", key });
      try {
        const events = client.streamCharacters({
          theme,
          repaint: { name, description, details },
          ...(reference && { reference_image_id: reference.image_id }),
        });
        for await (const event of events)
          if (event.type === "portrait") dispatch({ ...event, key });
          else if (event.type === "portrait_error") dispatch({ ...event, key, previous: portrait });
      } catch (problem) {
        dispatch({ type: "portrait_error", key, previous: portrait, problem });
      }
    },
    [client, theme],
  );

  const actions: Actions = {
    generate,
    repaint,
    stop: () => generation.current?.abort(),
    keep: (keys, kept) => dispatch({ type: "kept", keys, kept }),
    chooseImage: ({ key }, image) => dispatch({ type: "imageChosen", key, image }),
    edit: (world) => dispatch({ type: "worldEdited", ...world }),
    markPublished: ({ key }, url) => dispatch({ type: "portraitPublished", key, url }),
    startOver: () => dispatch({ type: "reset" }),
    async createWorld() {
      const { world } = await client.createWorld(worldRequest(state), { idempotencyKey });
      dispatch({ type: "worldSaved", saved: savedWorld(world, state) });
    },
  };
  return <Context value={{ ...state, ...actions }}>{children}</Context>;
}

export function useDrafts() {
  const drafts = useContext(Context);
  if (!drafts) throw new Error("useDrafts needs a DraftsProvider above it");
  return drafts;
}
