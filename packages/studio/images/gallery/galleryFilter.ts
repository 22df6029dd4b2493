import type { Image } from "@keepsake/contract/schemas";
import { platformName } from "../imageNames.ts";

/** Which images the gallery shows and in which order, as its address says it. Dates are days of the viewer. */
export type GalleryFilter = {
  [Field in (typeof fields)[number]]?: string;
};

/** `replace` keeps Back from going through every letter that was typed. */
export type ChangeFilter = (filter: GalleryFilter, options?: { replace: boolean }) => void;

const fields = ["q", "platform", "tag", "visibility", "from", "to", "order"] as const;

const accepted: Partial<Record<keyof GalleryFilter, RegExp>> = {
  platform: /^(web|telegram|discord|url|base64)$/,
  visibility: /^(public|private)$/,
  from: /^\d{4}-\d\d-\d\d$/,
  to: /^\d{4}-\d\d-\d\d$/,
  order: /^oldest$/,
};

/** Reads the query of an address. What the gallery does not know is left out. */
export function filterOf(search: string): GalleryFilter {
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = query.get(field)?.trim();
      return value && (accepted[field]?.test(value) ?? true) ? [[field, value]] : [];
    }),
  );
}

/** The query of an address: `?q=sea`, or nothing without a filter. */
export function searchOf(filter: GalleryFilter): string {
  const query = new URLSearchParams();
  for (const field of fields) {
    const value = filter[field];
    if (value) query.set(field, value);
  }
  const search = query.toString();
  return search && `?${search}`;
}

/** What `listImages` takes. */
export function requestOf({ q, platform, tag, visibility, from, to, order }: GalleryFilter) {
  return {
    ...(q && { q: q.slice(0, 200) }),
    ...(platform && { platform: platform as Image["platform"] }),
    ...(tag && { tag: tag.slice(0, 50) }),
    ...(visibility && { visibility: visibility as Image["visibility"] }),
    ...(from && { after: midnight(from) }),
    ...(to && { before: midnight(to, 1) }),
    ...(order && { order: "oldest" as const }),
  };
}

/** The start of a day where the viewer is, or of one some days later. */
function midnight(day: string, daysLater = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + daysLater).toISOString();
}

/** Whether an image is among those of a filter; undefined when only the API can say. */
export function isMatch(image: Image, filter: GalleryFilter): boolean | undefined {
  const { platform, tag, visibility, after, before, q } = requestOf(filter);
  const created = Date.parse(image.created_at);
  if (platform && platform !== image.platform) return false;
  if (visibility && visibility !== image.visibility) return false;
  if (tag && !image.tags.includes(tag.toLowerCase())) return false;
  if (after && created < Date.parse(after)) return false;
  if (before && created >= Date.parse(before)) return false;
  return q ? undefined : true;
}

/** The filters that are set, in words. The order of the images is not one of them. */
export function describeFilters(
  filter: GalleryFilter,
): { field: keyof GalleryFilter; text: string }[] {
  const { q, platform, tag, visibility, from, to } = filter;
  const texts: { [Field in keyof GalleryFilter]: string | undefined | false } = {
    q: q && `Search: ${q}`,
    platform: platform && `Source: ${platformName(platform)}`,
    tag: tag && `Tag: ${tag}`,
    visibility: visibility && (visibility === "public" ? "Public" : "Private"),
    from: from && `Since ${formatDay(from)}`,
    to: to && `Until ${formatDay(to)}`,
  };
  return fields.flatMap((field) => {
    const text = texts[field];
    return text ? [{ field, text }] : [];
  });
}

const days = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const formatDay = (day: string) => days.format(new Date(midnight(day)));
