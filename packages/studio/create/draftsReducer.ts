import type { CharacterEvent } from "@keepsake/contract/api";
import type { Image, PieceDraft } from "@keepsake/contract/schemas";
import { errorText } from "../api/errorText.ts";

export type Drafts = {
  theme: string;
  drafts: Draft[];
  isGenerating: boolean;
  /** Why the last generation ended early. */
  problem: unknown;
  title: string;
  story: string;
  /** The world that was made of what was kept, and the piece that each draft became. */
  saved: Saved | undefined;
};

export type Draft = {
  key: string;
  /** Absent until its text has come. */
  character?: PieceDraft;
  portrait: Portrait;
  kept: boolean;
  /** Why it could not be painted again. */
  complaint?: string;
};

export type Portrait =
  | { state: "painting" }
  | { state: "painted"; base64: string }
  | { state: "own"; image: Image }
  /** On the CDN: the page no longer holds it. */
  | { state: "published"; url: string }
  | { state: "missing"; why: string };

export type Saved = { world_id: string; pieceIds: ReadonlyMap<string, string> };

type PortraitFailed = Extract<CharacterEvent, { type: "portrait_error" }>["portrait_error"];

type Change =
  | { type: "restored"; drafts: Pick<Drafts, "theme" | "drafts" | "title" | "story"> }
  | { type: "asked"; theme: string; keys: string[] }
  | { type: "character"; key: string; character: PieceDraft }
  | { type: "portrait"; key: string; image_portrait_base64: string }
  | {
      type: "portrait_error";
      key: string;
      portrait_error?: PortraitFailed;
      problem?: unknown;
      before?: Portrait;
    }
  | { type: "ended"; keys: string[]; problem?: unknown }
  | { type: "repainting"; key: string }
  | { type: "chosen"; key: string; image: Image }
  | { type: "kept"; keys: string[]; kept: boolean }
  | { type: "written"; title?: string; story?: string }
  | { type: "saved"; saved: Saved }
  | { type: "arrived"; key: string; url: string }
  | { type: "startedOver" };

export const emptyDrafts: Drafts = {
  theme: "",
  drafts: [],
  isGenerating: false,
  problem: undefined,
  title: "",
  story: "",
  saved: undefined,
};

/** What the drafts are after something happened to them. What became of a draft that is gone is dropped. */
export function reduce(state: Drafts, change: Change): Drafts {
  const { drafts } = state;
  const edit = (key: string, edited: (draft: Draft) => Draft): Drafts => ({
    ...state,
    drafts: drafts.map((draft) => (draft.key === key ? edited(draft) : draft)),
  });
  switch (change.type) {
    case "restored":
      if (drafts.length > 0) return state; // somebody was faster
      return { ...state, ...change.drafts, drafts: change.drafts.drafts.flatMap(settled) };
    case "asked": {
      const fresh = change.keys.map((key) => ({ key, portrait: painting, kept: false }));
      return {
        ...state,
        theme: change.theme,
        drafts: [...drafts.filter(({ kept }) => kept), ...fresh],
        isGenerating: true,
        problem: undefined,
      };
    }
    case "character":
      return edit(change.key, (draft) => ({ ...draft, character: change.character }));
    case "portrait":
      return edit(change.key, ({ complaint: _, ...draft }) => ({
        ...draft,
        portrait: { state: "painted", base64: change.image_portrait_base64 },
      }));
    case "portrait_error": {
      const why = change.portrait_error
        ? failures[change.portrait_error]
        : errorText(change.problem);
      const { before } = change;
      const portrait: Portrait =
        before && before.state !== "painting" ? before : { state: "missing", why };
      return edit(change.key, (draft) => ({ ...draft, portrait, complaint: why }));
    }
    case "ended": {
      const asked = new Set(change.keys);
      const left = drafts.flatMap((draft) => (asked.has(draft.key) ? settled(draft) : [draft]));
      return { ...state, drafts: left, isGenerating: false, problem: change.problem };
    }
    case "repainting":
      return edit(change.key, ({ complaint: _, ...draft }) => ({ ...draft, portrait: painting }));
    case "chosen":
      return edit(change.key, ({ complaint: _, ...draft }) => ({
        ...draft,
        portrait: { state: "own", image: change.image },
      }));
    case "kept": {
      const keys = new Set(change.keys);
      return {
        ...state,
        drafts: drafts.map((draft) =>
          keys.has(draft.key) ? { ...draft, kept: change.kept } : draft,
        ),
      };
    }
    case "written": {
      const { title = state.title, story = state.story } = change;
      return { ...state, title, story };
    }
    case "saved":
      return { ...state, drafts: drafts.filter(({ kept }) => kept), saved: change.saved };
    case "arrived":
      return edit(change.key, (draft) => ({
        ...draft,
        portrait: { state: "published", url: change.url },
      }));
    case "startedOver":
      return emptyDrafts;
  }
}

/** What is left of a draft when nobody is at work on it: none without its text. */
function settled(draft: Draft): Draft[] {
  if (draft.portrait.state !== "painting") return [draft];
  if (!draft.character) return [];
  return [{ ...draft, portrait: { state: "missing", why: failures.failed } }];
}

const painting = { state: "painting" } as const;

const failures: Record<PortraitFailed, string> = {
  timeout: "The painter took too long. Repaint it, or use an image of yours.",
  refused: "The painter refused this portrait. Repaint it, or use an image of yours.",
  failed: "This portrait could not be painted. Repaint it, or use an image of yours.",
};
