import type { CharacterEvent } from "@keepsake/contract/api";
import type { Image, Piece, PieceDraft } from "@keepsake/contract/schemas";
import { errorText } from "../api/errorText.ts";

export type DraftsState = {
  theme: string;
  drafts: Draft[];
  isGenerating: boolean;
  /** Why the last generation ended early. */
  problem: unknown;
  title: string;
  story: string;
  saved: SavedWorld | undefined;
};

/** Browsers store drafts in this form: these names stay. */
export type Draft = {
  key: string;
  /** Absent until its text has arrived. */
  character?: PieceDraft;
  portrait: Portrait;
  kept: boolean;
  /** Why its portrait could not be generated again. */
  complaint?: string;
};

/** Stored like `Draft`. */
export type Portrait =
  | { state: "painting" }
  | { state: "painted"; base64: string }
  /** One of the owner's images. */
  | { state: "own"; image: Image }
  /** On the CDN: the page no longer holds it. */
  | { state: "published"; url: string }
  | { state: "missing"; why: string };

/** The created world, and the id of the piece that each draft became, by the draft's key. */
export type SavedWorld = { world_id: string; pieceIds: ReadonlyMap<string, string> };

type PortraitError = Extract<CharacterEvent, { type: "portrait_error" }>["portrait_error"];

type Action =
  | { type: "restored"; drafts: Pick<DraftsState, "theme" | "drafts" | "title" | "story"> }
  | { type: "generationStarted"; theme: string; keys: string[] }
  | { type: "character"; key: string; character: PieceDraft }
  | { type: "portrait"; key: string; image_portrait_base64: string }
  | {
      type: "portrait_error";
      key: string;
      portrait_error?: PortraitError;
      problem?: unknown;
      /** Shown again, unless there was none. */
      previous?: Portrait;
    }
  | { type: "generationEnded"; keys: string[]; problem?: unknown }
  | { type: "repaintStarted"; key: string }
  | { type: "imageChosen"; key: string; image: Image }
  | { type: "kept"; keys: string[]; kept: boolean }
  | { type: "worldEdited"; title?: string; story?: string }
  | { type: "worldSaved"; saved: SavedWorld }
  | { type: "portraitPublished"; key: string; url: string }
  | { type: "reset" };

export const emptyDrafts: DraftsState = {
  theme: "",
  drafts: [],
  isGenerating: false,
  problem: undefined,
  title: "",
  story: "",
  saved: undefined,
};

/** Actions on a draft that no longer exists change nothing. */
export function draftsReducer(state: DraftsState, action: Action): DraftsState {
  const { drafts } = state;
  const change = (key: string, changed: (draft: Draft) => Draft): DraftsState => ({
    ...state,
    drafts: drafts.map((draft) => (draft.key === key ? changed(draft) : draft)),
  });
  const setPortrait = (key: string, portrait: Portrait) =>
    change(key, ({ complaint: _, ...draft }) => ({ ...draft, portrait }));

  switch (action.type) {
    case "restored":
      if (drafts.length > 0) return state; // a generation started before they were loaded
      return { ...state, ...action.drafts, drafts: action.drafts.drafts.flatMap(finish) };
    case "generationStarted": {
      const added = action.keys.map((key) => ({ key, portrait: generating, kept: false }));
      return {
        ...state,
        theme: action.theme,
        drafts: [...drafts.filter(({ kept }) => kept), ...added],
        isGenerating: true,
        problem: undefined,
      };
    }
    case "character":
      return change(action.key, (draft) => ({ ...draft, character: action.character }));
    case "portrait":
      return setPortrait(action.key, { state: "painted", base64: action.image_portrait_base64 });
    case "portrait_error": {
      const { portrait_error, problem, previous } = action;
      const why = portrait_error ? portraitErrors[portrait_error] : errorText(problem);
      const portrait: Portrait =
        previous && previous.state !== "painting" ? previous : { state: "missing", why };
      return change(action.key, (draft) => ({ ...draft, portrait, complaint: why }));
    }
    case "generationEnded": {
      const keys = new Set(action.keys);
      const finished = drafts.flatMap((draft) => (keys.has(draft.key) ? finish(draft) : [draft]));
      return { ...state, drafts: finished, isGenerating: false, problem: action.problem };
    }
    case "repaintStarted":
      return setPortrait(action.key, generating);
    case "imageChosen":
      return setPortrait(action.key, { state: "own", image: action.image });
    case "kept": {
      const keys = new Set(action.keys);
      const { kept } = action;
      const marked = drafts.map((draft) => (keys.has(draft.key) ? { ...draft, kept } : draft));
      return { ...state, drafts: marked };
    }
    case "worldEdited": {
      const { title = state.title, story = state.story } = action;
      return { ...state, title, story };
    }
    case "worldSaved":
      return { ...state, drafts: drafts.filter(({ kept }) => kept), saved: action.saved };
    case "portraitPublished":
      return change(action.key, (draft) => ({
        ...draft,
        portrait: { state: "published", url: action.url },
      }));
    case "reset":
      return emptyDrafts;
  }
}

/** Whether the portrait of a saved draft is still to be shown from the CDN. */
export const isPublishing = ({ portrait }: Draft, piece: Piece | undefined) =>
  (portrait.state === "painted" || portrait.state === "own") &&
  (!piece || ["pending", "published"].includes(piece.portrait_status));

/** A draft whose generation has ended: without text it is dropped, without portrait it is `missing`. */
function finish(draft: Draft): Draft[] {
  if (draft.portrait.state !== "painting") return [draft];
  if (!draft.character) return [];
  return [{ ...draft, portrait: { state: "missing", why: portraitErrors.failed } }];
}

const generating = { state: "painting" } as const;

const portraitErrors: Record<PortraitError, string> = {
  timeout: "The generator took too long. Repaint this portrait, or use one of your images.",
  refused: "The generator refused this portrait. Repaint it, or use one of your images.",
  failed: "This portrait could not be generated. Repaint it, or use one of your images.",
};
