import type { Details, Piece } from "@keepsake/contract/schemas";
import type { Texts } from "../edits/useEdits.ts";

export type PieceText = Pick<Piece, "name" | "description" | "details">;

/** What Keepsake writes to `details`. */
const ours = ["image_portrait", "image_portrait_base64", "image_portrait_variants"];
const prefix = "details.";

/** The name of the field of a detail. */
export const detailField = (key: string) => `${prefix}${key}`;

/** The key of the detail that a field edits; undefined for the name and the description. */
export const detailKey = (field: string) =>
  field.startsWith(prefix) ? field.slice(prefix.length) : undefined;

/** Whether people may add a detail of this key. */
export const isFreeKey = (key: string) => key !== "" && !ours.includes(key);

/** The texts of a piece that can be edited. A list of texts has each in a line; what is neither text nor list is left out. */
export function pieceTexts({ name, description, details }: PieceText): Texts {
  const texts: Texts = { name, description };
  for (const [key, value] of Object.entries(callersDetails(details))) {
    const text = textOf(value);
    if (text !== undefined) texts[detailField(key)] = text;
  }
  return texts;
}

/** The details with these texts in them. An emptied one is removed, and a list stays a list. */
export function changeDetails(details: Details, changed: Texts): Details {
  const result = callersDetails(details);
  for (const [field, text] of Object.entries(changed)) {
    const key = detailKey(field);
    if (key === undefined) continue;
    if (text === null) delete result[key];
    else result[key] = detailValue(text, key, details[key]);
  }
  return result;
}

/** The details without what Keepsake writes to them. */
export function callersDetails(details: Details): Details {
  return Object.fromEntries(Object.entries(details).filter(([key]) => !ours.includes(key)));
}

/** Whether it has a text in each line. */
export const isList = (key: string, value: unknown) =>
  key === "traits" || (Array.isArray(value) && textOf(value) !== undefined);

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return value.join("\n");
  return undefined;
}

function detailValue(text: string, key: string, before: unknown): unknown {
  if (isList(key, before))
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  if (typeof before === "number" && Number.isFinite(Number(text))) return Number(text);
  return text;
}
