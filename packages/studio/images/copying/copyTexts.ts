import { srcSet } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";

/** What can be copied of a published image, each on one line. */
export type CopyTexts = Record<CopyFormat, string>;
export type CopyFormat = "url" | "markdown" | "html" | "srcset";

/**
 * An image as text for other pages: its URL, Markdown, an `<img>`, and an `<img>` with its smaller copies. Null of an
 * image without a URL. Without an alt text `alt` is empty.
 */
export function copyTexts(image: Copied): CopyTexts | null {
  const { url, width, height } = image;
  if (url === null) return null;
  const alt = oneLine(image.alt ?? "");
  const src = attribute("src", url);
  const rest = [
    ...(width !== null && height !== null
      ? [attribute("width", `${width}`), attribute("height", `${height}`)]
      : []),
    attribute("alt", alt),
  ];
  const sizes = srcSet(image);
  return {
    url,
    markdown: `![${markdownText(alt)}](${markdownDestination(url)})`,
    html: tag([src, ...rest]),
    srcset: tag([
      src,
      ...(sizes ? [attribute("srcset", sizes), attribute("sizes", "100vw")] : []),
      ...rest,
    ]),
  };
}

type Copied = Pick<Image, "url" | "alt" | "width" | "height" | "variants">;

const tag = (attributes: string[]) => `<img ${attributes.join(" ")}>`;

const attribute = (name: string, value: string) =>
  `${name}="${value.replace(/[&"<>]/g, (character) => entities[character]!)}"`;

const entities: Record<string, string> = {
  "&": "&amp;",
  '"': "&quot;",
  "<": "&lt;",
  ">": "&gt;",
};

/** A backslash before a punctuation mark makes it text: no emphasis, link, code, HTML or entity begins in it. */
const markdownText = (text: string) => text.replace(/[\\`*_~[\]<>&|$^:!]/g, "\\$&");

/** Ends neither at a space nor at a parenthesis. */
const markdownDestination = (url: string) =>
  url.replace(/[\s()<>\\]/g, (character) => percentEncoded(character));

const percentEncoded = (character: string) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
