import type { CharacterGenerator } from "@keepsake/core/ports";
import { neutralWords, sharedWords, themeKey, themeWords } from "./characterWords.ts";
import { random, shuffle } from "./seededRandom.ts";

/**
 * A character generator that works from word lists, without a network. It accepts every theme: one without
 * lists of its own uses neutral ones and is named in the text.
 */
export function offlineCharacterGenerator(): CharacterGenerator {
  return {
    async *generate({ theme, count, prompt, seed }) {
      // Without the count: a larger count with the same seed begins with the same characters.
      const next = random(JSON.stringify([themeKey(theme), prompt, seed]));
      const ownWords = themeWords(theme);
      const words = ownWords ?? neutralWords;
      const world = ownWords ? "" : worldOf(theme);
      const request = prompt && quotable(prompt);

      // Each list is shuffled once per request, so that no two of its characters get the same entry.
      const pickFrom = (list: readonly string[]) => {
        const shuffled = shuffle(list, next);
        return (n: number) => shuffled[n % shuffled.length]!;
      };
      const given = pickFrom(words.given);
      const byname = pickFrom(words.bynames);
      const role = pickFrom(words.roles);
      const place = pickFrom(words.places);
      const quest = pickFrom(words.quests);
      const past = pickFrom(words.pasts);
      const turn = pickFrom(words.turns);
      const look = pickFrom(words.looks);
      const bearing = pickFrom(sharedWords.bearings);
      const ending = pickFrom(sharedWords.endings);
      const flaw = pickFrom(sharedWords.flaws);
      const habit = pickFrom(sharedWords.habits);
      const answer = pickFrom(sharedWords.requests);

      for (let n = 0; n < count; n += 1) {
        const first = given(n);
        const name = `${first} ${byname(n)}`;
        const traits = shuffle(sharedWords.traits, next).slice(0, 3);
        const opening = `${world}${introduce(name, role(n), place(n), quest(n), next)}`;
        const closing = request
          ? fill(answer(n), { first, request })
          : `${traits[0]} and ${traits[1]!.toLowerCase()}, ${first} ${habit(n)}.`;
        yield {
          name,
          description: `${opening} ${closing}`,
          details: {
            traits,
            appearance: `${look(n)}, and ${bearing(n)}.`,
            backstory: `${first} ${past(n)}. Then ${turn(n)}, and ${ending(n)}.`,
            skills: shuffle(words.skills, next).slice(0, 3),
            flaw: flaw(n),
          },
        };
      }
    },
  };
}

function introduce(name: string, role: string, place: string, quest: string, next: () => number) {
  const forms = [
    `${name} is ${role} from ${place} who ${quest}.`,
    `${name} is known around ${place} as ${role} who ${quest}.`,
    `${name}, ${role} from ${place}, ${quest}.`,
  ];
  return forms[Math.floor(next() * forms.length)]!;
}

/** `"the wild west"` → `"In this wild west world, "`: "this" fits where "a" or "an" might not. */
function worldOf(theme: string) {
  const name = quotable(theme.trim().replace(/^(an?|the)\s+/i, ""));
  return name && `In this ${name} world, `;
}

/** One line that fits between quotation marks, cut between words; a word over the limit is cut anywhere. */
function quotable(text: string, limit = 90) {
  const line = text
    .replace(/["“”„«»]/g, "'")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/^ | $|[ .,;:…-]+$/g, "");
  if (line.length <= limit) return line;

  const lastSpace = line.lastIndexOf(" ", limit);
  const cut = line.slice(0, lastSpace > 0 ? lastSpace : limit);
  // A cut through an emoji would leave half a surrogate pair, which JSONB rejects.
  return `${cut.replace(/[\ud800-\udbff]$|[ .,;:…-]+$/g, "")}…`;
}

/** Replaces `{first}` and `{request}`. By a function: a string would expand `$&` in a request. */
function fill(sentence: string, values: Record<string, string>) {
  return sentence.replace(/\{(\w+)\}/g, (_, key: string) => values[key]!);
}
