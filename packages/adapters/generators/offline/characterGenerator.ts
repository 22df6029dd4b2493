import type { CharacterGenerator, CharacterText } from "@keepsake/core/ports";
import { random, shuffle } from "./random.ts";
import {
  anyTheme,
  bearings,
  endings,
  flaws,
  habits,
  requests,
  themeKey,
  themes,
  traits,
} from "./words.ts";

/**
 * A character generator that works from word lists, without a network. Every theme is told: one without
 * lists of its own borrows neutral ones and is named in the text.
 */
export function offlineCharacterGenerator(): CharacterGenerator {
  return {
    async *generate({ theme, count, prompt, seed }) {
      // Without the count, so that asking for more with the same seed keeps those already told.
      const next = random(JSON.stringify([themeKey(theme), prompt, seed]));
      const own = themes.get(themeKey(theme));
      const words = own ?? anyTheme;
      const world = own ? "" : worldOf(theme);
      const request = prompt && quotable(prompt);

      // Dealt, not drawn: what one character has, the others of the request have not.
      const deal = (list: readonly string[]) => {
        const deck = shuffle(list, next);
        return (n: number) => deck[n % deck.length]!;
      };
      const given = deal(words.given);
      const byname = deal(words.bynames);
      const role = deal(words.roles);
      const place = deal(words.places);
      const quest = deal(words.quests);
      const past = deal(words.pasts);
      const turn = deal(words.turns);
      const look = deal(words.looks);
      const bearing = deal(bearings);
      const ending = deal(endings);
      const flaw = deal(flaws);
      const habit = deal(habits);
      const answer = deal(requests);

      for (let n = 0; n < count; n += 1) {
        const first = given(n);
        const name = `${first} ${byname(n)}`;
        const character = shuffle(traits, next).slice(0, 3);
        const opening = `${world}${introduce(name, role(n), place(n), quest(n), next)}`;
        const closing = request
          ? fill(answer(n), { first, request })
          : `${character[0]} and ${character[1]!.toLowerCase()}, ${first} ${habit(n)}.`;
        const sheet: CharacterText = {
          name,
          description: `${opening} ${closing}`,
          details: {
            traits: character,
            appearance: `${look(n)}, and ${bearing(n)}.`,
            backstory: `${first} ${past(n)}. Then ${turn(n)}, and ${ending(n)}.`,
            skills: shuffle(words.skills, next).slice(0, 3),
            flaw: flaw(n),
          },
        };
        yield sheet;
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

/** One line that fits between quotation marks: cut between words, long words anywhere. */
function quotable(text: string, limit = 90) {
  const line = text
    .replace(/["“”„«»]/g, "'")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/^ | $|[ .,;:…-]+$/g, "");
  if (line.length <= limit) return line;

  const lastSpace = line.lastIndexOf(" ", limit);
  const cut = line.slice(0, lastSpace > 0 ? lastSpace : limit);
  // A cut through an emoji would leave half a surrogate pair, which JSONB refuses.
  return `${cut.replace(/[\ud800-\udbff]$|[ .,;:…-]+$/g, "")}…`;
}

/** Replaces `{first}` and `{request}`; a function, so that `$&` in a request stays as it is. */
function fill(sentence: string, values: Record<string, string>) {
  return sentence.replace(/\{(\w+)\}/g, (_, key: string) => values[key]!);
}
