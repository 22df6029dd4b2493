import type { CharacterStreamRequest } from "@keepsake/contract/api";
import type { Image, Piece, PieceDraft } from "@keepsake/contract/schemas";
import type { StoredProblem } from "./storedProblem.ts";

/** All that the Create page remembers. Browsers store it in this form: names stay, and new fields may be missing. */
export type DraftsDocument = {
  /** Counts the changes. */
  revision: number;
  form: GenerationForm;
  drafts: Draft[];
  title: string;
  story: string;
  /** The theme that was typed for the world; without it, those of the kept drafts. */
  worldTheme: string | undefined;
  generation: Generation | undefined;
  /** Why the last generation ended early. */
  problem: StoredProblem | undefined;
  /** The characters that a generation lost, to be asked for again. */
  lost: LostGeneration | undefined;
  creation: Creation | undefined;
  created: CreatedWorld | undefined;
  undo: HistoryEntry[];
  redo: HistoryEntry[];
};

export type GenerationForm = {
  theme: string;
  prompt: string;
  count: number;
  reference: Image | undefined;
};

export type GenerationRequest = Extract<CharacterStreamRequest, { count: number }>;

/** A generation that runs in one tab. `run` begins with the id of that tab. */
type Generation = {
  run: string;
  request: GenerationRequest;
  keys: string[];
  /** Drafts that leave when the first new character arrives. */
  replaced: string[];
  hasArrived: boolean;
};

type LostGeneration = { request: GenerationRequest; arrived: number; replaces: boolean };

export type Draft = {
  key: string;
  /** The theme it was generated with; absent in drafts of the first release. */
  theme?: string;
  /** Absent until its text has arrived. */
  character?: PieceDraft;
  portrait: Portrait;
  /** All its portraits, oldest first. */
  versions?: SettledPortrait[];
  kept: boolean;
  /** Why its portrait could not be generated again. */
  complaint?: string;
};

/** `run` begins with the id of the tab that generates it. */
export type Portrait =
  | SettledPortrait
  | { state: "painting"; run: string; previous?: SettledPortrait };

export type SettledPortrait =
  /** Its base64 is stored by this id. */
  | { state: "painted"; portrait_id: string }
  /** One of the owner's images. */
  | { state: "own"; image: Image }
  | { state: "missing"; why: string };

/** A world that is being created: the same request is repeated until its outcome is known. */
export type Creation = {
  /** The idempotency key. */
  key: string;
  /** In milliseconds. */
  at: number;
  theme: string;
  title: string;
  story: string;
  drafts: Draft[];
  /** Why the last attempt failed, when its outcome is not known. */
  problem: StoredProblem | undefined;
};

type CreatedWorld = {
  /** Undefined when it is no longer known whether the world was created. */
  world_id: string | undefined;
  title: string;
  /** The drafts were changed after the request was sent, so they stay. */
  hasChanged: boolean;
};

/** How to undo one change. Browsers store it: names stay. */
export type HistoryEntry = {
  /** What was changed. */
  label: string;
  /** In milliseconds. */
  at: number;
  /** Changes of the same session, such as one text that is typed, are undone together. */
  session?: string;
  /** Drafts to bring back. */
  out: { draft: Draft; index: number }[];
  /** Keys of the drafts to take out. */
  in: string[];
  /** Values to set again. */
  fields: FieldValues[];
};

/** Absent ones stay. */
export type FieldValues = {
  key: string;
  kept?: boolean;
  character?: PieceDraft;
  portrait?: SettledPortrait;
};

export const emptyDocument: DraftsDocument = {
  revision: 0,
  form: { theme: "", prompt: "", count: 3, reference: undefined },
  drafts: [],
  title: "",
  story: "",
  worldTheme: undefined,
  generation: undefined,
  problem: undefined,
  lost: undefined,
  creation: undefined,
  created: undefined,
  undo: [],
  redo: [],
};

/** The ids of all portraits that a document may show again. */
export function portraitIds({ drafts, undo, redo, creation }: DraftsDocument): Set<string> {
  const history = [...undo, ...redo];
  const all = [
    ...drafts,
    ...(creation?.drafts ?? []),
    ...history.flatMap(({ out }) => out.map(({ draft }) => draft)),
  ];
  const portraits = [
    ...all.flatMap(({ portrait, versions = [] }) => [settled(portrait), ...versions]),
    ...history.flatMap(({ fields }) => fields.map(({ portrait }) => portrait)),
  ];
  return new Set(portraits.flatMap((one) => (one?.state === "painted" ? [one.portrait_id] : [])));
}

/** The portrait that is shown when a running generation comes to nothing. */
export const settled = (portrait: Portrait): SettledPortrait | undefined =>
  portrait.state === "painting" ? portrait.previous : portrait;

/** Tabs that generate something. */
export function tabsAtWork({ drafts, generation }: DraftsDocument): Set<string> {
  const runs = drafts.flatMap(({ portrait }) =>
    portrait.state === "painting" ? [portrait.run] : [],
  );
  return new Set([...runs, ...(generation ? [generation.run] : [])].map(tabOf));
}

export const tabOf = (run: string) => run.split("/")[0]!;

/** The different themes of drafts, in their order, as one that the API accepts. */
export function themesOf(drafts: Draft[], maxChars: number): string {
  const themes = new Set(drafts.flatMap(({ theme }) => theme || []));
  return [...themes].reduce((all, theme) => {
    const longer = all ? `${all}, ${theme}` : theme;
    return longer.length > maxChars ? all : longer;
  }, "");
}

/** Whether the portrait of a created character is still to be shown from the CDN. */
export const isPublishing = ({ portrait }: Draft, piece: Piece | undefined) =>
  (portrait.state === "painted" || portrait.state === "own") &&
  (!piece || ["pending", "published"].includes(piece.portrait_status));
