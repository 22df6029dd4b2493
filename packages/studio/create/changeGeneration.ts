import type { CharacterEvent } from "@keepsake/contract/api";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { pluralize } from "../ui/format.ts";
import { type Change, changeDraft, nameOrCount, withVersion } from "./changeDrafts.ts";
import { remember } from "./draftHistory.ts";
import {
  type Draft,
  type DraftsDocument,
  type GenerationRequest,
  type SettledPortrait,
  settled,
  tabOf,
} from "./draftsDocument.ts";
import { isTemporary, type StoredProblem } from "./storedProblem.ts";

type Start = {
  run: string;
  request: GenerationRequest;
  keys: string[];
  /** Drafts that are not kept leave when the first new character arrives. */
  replaces: boolean;
};

export const startGeneration =
  ({ run, request, keys, replaces }: Start): Change =>
  (before) => {
    const document = before.generation ? endGeneration(before.generation.run)(before) : before;
    const added = keys.map(
      (key): Draft => ({
        key,
        theme: request.theme,
        portrait: { state: "painting", run },
        kept: false,
      }),
    );
    const kept = document.drafts.filter((draft) => draft.kept);
    const others = document.drafts.filter((draft) => !draft.kept);
    return {
      ...document,
      drafts: replaces ? [...kept, ...added, ...others] : [...kept, ...others, ...added],
      generation: {
        run,
        request,
        keys,
        replaced: replaces ? others.map(({ key }) => key) : [],
        hasArrived: false,
      },
      problem: undefined,
      lost: undefined,
      created: undefined,
    };
  };

/** Its text has arrived. The first one replaces the drafts of before that are still not kept. */
export const addCharacter =
  (run: string, key: string, character: PieceDraft, at = Date.now()): Change =>
  (before) => {
    const { generation } = before;
    if (generation?.run !== run) return before;
    const document = changeDraft(before, key, (draft) => ({ ...draft, character }));
    if (generation.hasArrived) return document;
    const out = document.drafts.flatMap((draft, index) =>
      generation.replaced.includes(draft.key) && !draft.kept ? [{ draft, index }] : [],
    );
    const arrived = { ...document, generation: { ...generation, hasArrived: true } };
    if (out.length === 0) return arrived;
    const left = new Set(out.map(({ draft }) => draft.key));
    const drafts = document.drafts.filter(({ key }) => !left.has(key));
    const label = `${nameOrCount(out.map(({ draft }) => draft))} replaced`;
    return remember({ ...arrived, drafts }, { label, at, out, in: generation.keys });
  };

/** A portrait that is no longer waited for is only added to the draft's versions. */
export const addPortrait =
  (run: string, key: string, portrait_id: string, at = Date.now()): Change =>
  (document) => {
    const before = document.drafts.find((draft) => draft.key === key);
    if (!before) return document;
    const portrait: SettledPortrait = { state: "painted", portrait_id };
    const isAwaited = isPainting(before, run);
    const changed = changeDraft(document, key, ({ complaint, ...draft }) => ({
      ...withVersion(draft, portrait),
      ...(isAwaited ? { portrait } : complaint && { complaint }),
    }));
    const previous = settled(before.portrait);
    if (!isAwaited || !previous || previous.state === "missing") return changed;
    const label = `New portrait of ${nameOrCount([before])}`;
    return remember(changed, { label, at, fields: [{ key, portrait: previous }] });
  };

export const failPortrait =
  (run: string, key: string, why: string): Change =>
  (document) =>
    changeDraft(document, key, (draft) =>
      isPainting(draft, run)
        ? {
            ...draft,
            portrait: settled(draft.portrait) ?? { state: "missing", why },
            complaint: why,
          }
        : draft,
    );

export const startRepaint =
  (run: string, key: string): Change =>
  (document) =>
    changeDraft(document, key, ({ complaint: _, ...draft }) => {
      const previous = settled(draft.portrait);
      return {
        ...draft,
        ...(previous && withVersion(draft, previous)),
        portrait: { state: "painting", run, ...(previous && { previous }) },
      };
    });

/**
 * What has arrived stays. `problem` is why it ended early; `isCut` when nothing can say why, since its tab is gone.
 * What was lost by either can be asked for again.
 */
export const endGeneration =
  (
    run: string,
    { problem, isCut = false }: { problem?: StoredProblem | undefined; isCut?: boolean } = {},
  ): Change =>
  (document) => {
    const { generation } = document;
    if (generation?.run !== run) return document;
    const { request, keys, hasArrived, replaced } = generation;
    const mine = document.drafts.filter(({ key }) => keys.includes(key));
    const arrived = mine.filter(({ character }) => character).length;
    const missing = mine.length - arrived;
    const mayRepeat = missing > 0 && (isCut || (problem && isTemporary(problem)));
    return {
      ...document,
      drafts: finish(document.drafts, (draft) => isPainting(draft, run)),
      generation: undefined,
      problem,
      lost: mayRepeat
        ? {
            request: { ...request, count: missing },
            arrived,
            replaces: !hasArrived && replaced.length > 0,
          }
        : undefined,
    };
  };

/** Ends what a tab was generating that no longer exists. */
export const endRunsOf =
  (tab: string): Change =>
  (before) => {
    const { generation } = before;
    const document =
      generation && tabOf(generation.run) === tab
        ? endGeneration(generation.run, { isCut: true })(before)
        : before;
    const isOfTab = ({ portrait }: Draft) =>
      portrait.state === "painting" && tabOf(portrait.run) === tab;
    if (!document.drafts.some(isOfTab)) return document;
    return { ...document, drafts: finish(document.drafts, isOfTab) };
  };

/** Unfinished drafts: those without text are dropped, those without portrait show the previous one, or why there is none. */
function finish(drafts: Draft[], isUnfinished: (draft: Draft) => boolean): Draft[] {
  return drafts.flatMap((draft) => {
    if (!isUnfinished(draft)) return [draft];
    if (!draft.character) return [];
    const portrait = settled(draft.portrait) ?? { state: "missing", why: interrupted };
    return [{ ...draft, portrait }];
  });
}

const isPainting = ({ portrait }: Draft, run: string) =>
  portrait.state === "painting" && portrait.run === run;

export function lostText({ lost }: Pick<DraftsDocument, "lost">): string {
  if (!lost) return "";
  const { count } = lost.request;
  if (lost.arrived === 0)
    return `The generation of ${pluralize(count, "character")} was interrupted.`;
  return `The generation was interrupted: ${lost.arrived} of ${pluralize(lost.arrived + count, "character")} arrived.`;
}

const interrupted = "The generation of this portrait was interrupted. Repaint it.";

export const portraitErrors: Record<
  Extract<CharacterEvent, { type: "portrait_error" }>["portrait_error"],
  string
> = {
  timeout: "The generator took too long. Repaint this portrait, or use one of your images.",
  refused: "The generator refused this portrait. Repaint it, or use one of your images.",
  failed: "This portrait could not be generated. Repaint it, or use one of your images.",
};
