import words from "./words.json" with { type: "json" };

/** The word lists of one theme. No list is shorter than the largest `count`, so no request repeats an entry. */
export type ThemeWords = {
  given: readonly string[];
  bynames: readonly string[];
  /** With its article, and short enough for "from …" to follow: "an oath-keeper". */
  roles: readonly string[];
  /** Fits after "from" and "around", without a comma. */
  places: readonly string[];
  /** What the character does now: "carries …". */
  quests: readonly string[];
  /** What came before: "grew up …". */
  pasts: readonly string[];
  /** What changed it, as a clause that fits after "Then". */
  turns: readonly string[];
  /** What the character wears or carries; never hair or face, which the portrait decides. */
  looks: readonly string[];
  skills: readonly string[];
};

/** The word lists that all themes share. */
export type SharedWords = {
  /** No two contradict each other: a character has three. */
  traits: readonly string[];
  /** Ends of a description: each follows the character's name. */
  habits: readonly string[];
  /** After "A long coat …, and". */
  bearings: readonly string[];
  /** After "Then something happened, and". */
  endings: readonly string[];
  flaws: readonly string[];
  /** Replaces the habit when the request has a prompt, whatever the prompt's grammar. */
  requests: readonly string[];
};

/** The key of a theme in the lists: `" Post Apocalyptic "` becomes `"post-apocalyptic"`. */
export const themeKey = (theme: string) =>
  theme
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "-");

const themes: ReadonlyMap<string, ThemeWords> = new Map(Object.entries(words.themes));

/** Undefined for a theme without lists of its own. */
export const themeWords = (theme: string) => themes.get(themeKey(theme));

/** For every other theme: nothing here belongs to one time or world. */
export const neutralWords: ThemeWords = words.neutral;

export const sharedWords: SharedWords = words.shared;
