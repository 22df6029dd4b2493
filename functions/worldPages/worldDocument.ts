import { createHash } from "node:crypto";
import type { show } from "@keepsake/core/worlds/worldPages";
import { type File, page } from "../reference/compressedFileResponse.ts";
import { escapeHtml, htmlDocument, policy } from "../reference/htmlDocument.ts";
import { picture, type Shown, shownPicture, shownPortrait } from "./pictures.ts";
import { styles } from "./styles.ts";

type World = NonNullable<Awaited<ReturnType<typeof show>>>;
type ShownPiece = World["pieces"][number];

/**
 * The public page of a world: its title, story, picture and pieces. Everything that people wrote is text on it.
 * It loads nothing but the pictures that it shows, and a browser may keep it for a minute.
 */
export function worldDocument(world: World): File {
  const hero = shownPicture(world.image);
  const pieces = world.pieces.map((piece) => ({ ...piece, shown: shownPortrait(piece) }));
  const name = world.title ?? world.theme;
  const parts = [
    picture(hero, {
      className: "hero",
      alt: world.image?.alt ?? "",
      sizes: "(min-width: 70rem) 68rem, 100vw",
    }),
    `<h1 dir="auto">${escapeHtml(name)}</h1>`,
    ...(world.title === null ? [] : [`<p class="theme" dir="auto">${escapeHtml(world.theme)}</p>`]),
    paragraphs(world.story ?? "", "story"),
    ...sections(pieces),
  ];
  const origins = [hero, ...pieces.map(({ shown }) => shown)].flatMap(
    (each) => each?.origins ?? [],
  );
  const html = htmlDocument(name, head, `<main>\n${within(maxHtmlBytes, parts)}</main>`);
  return page(html, allowing([...new Set(origins)]), 200, "public, max-age=60");
}

/** The answer for every id that shows no world: one that was switched off is like one that never was. */
export const missingPage = (): File => page(missing, allowing([]), 404, "no-store");

const headings: [type: string, heading: string][] = [
  ["character", "Characters"],
  ["faction", "Factions"],
  ["setting", "Settings"],
  ["event", "Events"],
  ["relic", "Relics"],
];

/** For each type that the world has, a heading and the pieces in their order. */
function sections(pieces: (ShownPiece & { shown: Shown | undefined })[]): string[] {
  return headings.flatMap(([type, heading]) => {
    const ofType = pieces.filter((piece) => piece.type === type);
    if (ofType.length === 0) return [];
    return [`<h2>${heading}</h2>`, `<div class="pieces">`, ...ofType.map(pieceHtml), "</div>"];
  });
}

const pieceHtml = ({
  name,
  description,
  traits,
  shown,
}: ShownPiece & { shown: Shown | undefined }) =>
  `<article>
${picture(shown, { className: "portrait", alt: name, sizes: "(min-width: 40rem) 20rem, 90vw", isLazy: true })}
<h3 dir="auto">${escapeHtml(name)}</h3>
${traitList(traits)}${paragraphs(description, "text")}</article>`;

/** At most 20 traits, each cut to 100 characters: callers may have anything in `details`. */
function traitList(traits: unknown): string {
  if (!Array.isArray(traits)) return "";
  const texts = traits.filter((trait) => typeof trait === "string" && trait.trim() !== "");
  if (texts.length === 0) return "";
  const items = texts
    .slice(0, 20)
    .map((trait: string) => `<li dir="auto">${escapeHtml([...trait].slice(0, 100).join(""))}</li>`);
  return `<ul class="traits" aria-label="Traits">${items.join("")}</ul>\n`;
}

/** Each paragraph has a direction of its own. Its lines stay lines. */
function paragraphs(text: string, className: string): string {
  const each = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "");
  if (each.length === 0) return "";
  const html = each.map((paragraph) => `<p dir="auto">${escapeHtml(paragraph.trim())}</p>`);
  return `<div class="${className}">${html.join("\n")}</div>\n`;
}

/** Lambda's responses have at most 6 MB, and this one is sent as base64 when it is not compressed. */
const maxHtmlBytes = 4_000_000;

/** The parts one below the other, without the pieces that are too much. */
function within(maxBytes: number, parts: string[]): string {
  let bytes = 0;
  const fitting = parts.filter((part) => {
    if (!part.startsWith("<article>")) return true;
    bytes += Buffer.byteLength(part);
    return bytes <= maxBytes;
  });
  return `${fitting.filter((part) => part !== "").join("\n")}\n`;
}

const hash = createHash("sha256").update(styles).digest("base64");
const head = `<meta name="robots" content="noindex">\n<style>${styles}</style>\n`;

/** The pictures of these origins, the icon, and the page's own styles. */
const allowing = (origins: string[]) =>
  policy(`img-src ${["data:", ...origins].join(" ")}; style-src 'sha256-${hash}'`);

const missing = htmlDocument(
  "No page here",
  head,
  `<main class="missing">
<h1>There is no page here</h1>
<p>The address may be wrong, or the page was switched off.</p>
</main>`,
);
