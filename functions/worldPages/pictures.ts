import type { Variant } from "@keepsake/contract/schemas";
import { escapeHtml } from "../reference/htmlDocument.ts";

/** A picture in every size that there is, and where it is loaded from. */
export type Shown = {
  url: string;
  sizes: Variant[];
  width: number | undefined;
  height: number | undefined;
  origins: string[];
};

type Picture = { url: string; width: number; height: number; variants: Variant[] };

export function shownPicture(picture: Picture | null): Shown | undefined {
  if (!picture) return undefined;
  const { url, width, height, variants } = picture;
  return shown(url, [...variants, { url, width, height }]);
}

/** A published portrait: its sizes have the portrait itself as the last. */
export function shownPortrait(piece: { portrait: string | null; variants: Variant[] | null }) {
  return piece.portrait === null ? undefined : shown(piece.portrait, piece.variants ?? []);
}

function shown(url: string, sizes: Variant[]): Shown | undefined {
  const origins = [url, ...sizes.map((size) => size.url)].map(originOf);
  if (origins.includes(undefined)) return undefined;
  const { width, height } = sizes.at(-1) ?? {};
  return { url, sizes, width, height, origins: origins as string[] };
}

/** Undefined for what is no web address, or could be more than one word of a Content-Security-Policy. */
function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return undefined;
  return /^[\w.:/[\]-]+$/.test(parsed.origin) ? parsed.origin : undefined;
}

type Look = { className: string; alt: string; sizes: string; isLazy?: boolean };

/** An `<img>` from which the browser loads the smallest size that is sharp; empty without a picture. */
export function picture(shown: Shown | undefined, { className, alt, sizes, isLazy }: Look): string {
  if (!shown) return "";
  const { url, width, height } = shown;
  const srcset = shown.sizes.map((size) => `${size.url} ${size.width}w`).join(", ");
  const attributes = {
    class: className,
    src: url,
    ...(shown.sizes.length > 1 && { srcset, sizes }),
    ...(width && height && { width: String(width), height: String(height) }),
    ...(isLazy && { loading: "lazy", decoding: "async" }),
    alt,
  };
  const html = Object.entries(attributes).map(([name, value]) => `${name}="${escapeHtml(value)}"`);
  return `<img ${html.join(" ")}>`;
}
