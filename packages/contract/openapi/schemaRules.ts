import * as z from "zod/mini";
import type { CreateDocumentOptions } from "zod-openapi";
import { limits } from "../limits.ts";

type Json = Record<string, unknown>;
type Override = Extract<CreateDocumentOptions["override"], (...sent: never[]) => unknown>;

/** Changes what a Zod schema says in JSON Schema to what requests and answers really are. */
export const override: Override = ({ zodSchema, jsonSchema, io }) => {
  const json = jsonSchema as Json;
  delete json.propertyNames;
  if (io === "output") {
    if (json.additionalProperties === false) delete json.additionalProperties; // later releases add fields
    if (json.format !== undefined) delete json.pattern;
    if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
    if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  }
  const { id } = (z.globalRegistry.get(zodSchema) ?? {}) as { id?: string };
  if (id !== undefined) rules[id]?.(json, io);
};

const rules: Record<string, (json: Json, io: "input" | "output") => void> = {
  PieceDraft(json, io) {
    if (io === "input") json.allOf = [onlyCharactersHavePortraits, onePortraitAtMost];
  },
  DraftDetails(json, io) {
    Object.assign(json, {
      description: `A JSON object of the caller's, with the portrait of a character: at most ${limits.details_bytes} bytes without it, ${limits.details_depth} levels of objects and arrays, no NUL and no unpaired surrogate in any text.`,
      properties: { image_portrait_base64: { $ref: "#/components/schemas/PortraitBase64" } },
      ...(io === "input" && {
        propertyNames: { pattern: "^[^\\u0000]*$" },
        not: { anyOf: published.map(has) },
      }),
    });
  },
  ChangedDetails(json) {
    Object.assign(json, {
      description: `A JSON object of the caller's, without its portrait: at most ${limits.details_bytes} bytes, ${limits.details_depth} levels of objects and arrays, no NUL and no unpaired surrogate in any text.`,
      propertyNames: { pattern: "^[^\\u0000]*$" },
      not: { anyOf: [...published, "image_portrait_base64"].map(has) },
    });
  },
  RepaintDetails(json) {
    json.description = `As the character has them, within the same limits: ${limits.details_bytes} bytes, ${limits.details_depth} levels. A portrait in them is accepted, but not used.`;
  },
  Update(json) {
    for (const key of Object.keys(json)) delete json[key];
    json.description = "An Update of Telegram's Bot API. Any other JSON is ignored.";
  },
  PortraitBase64(json) {
    Object.assign(json, base64Of(limits.portrait_bytes));
  },
  ImageBase64(json) {
    Object.assign(json, base64Of(limits.sent_image_bytes));
  },
  Details(json) {
    Object.assign(json, {
      description: "The caller's JSON object. Keepsake adds what is described here.",
      properties: {
        image_portrait: {
          type: "string",
          format: "uri",
          description: "The permanent URL of the portrait.",
        },
        image_portrait_variants: {
          type: "array",
          items: { $ref: "#/components/schemas/Variant" },
          description: "Smaller copies of the portrait, and the portrait itself as the last.",
        },
      },
    });
  },
};

const longestPrefix = "data:image/abcdefgh;base64,";

/** The base64 of an image of at most so many bytes. */
const base64Of = (bytes: number) => ({
  description:
    "A PNG, JPEG, WebP, AVIF or GIF in standard base64 with padding and without line breaks. A request may put `data:image/…;base64,` before it.",
  contentEncoding: "base64",
  contentMediaType: "image/*",
  pattern: "^(?:data:image/[a-z]{1,8};base64,)?[A-Za-z0-9+/]+={0,2}$",
  minLength: 4,
  maxLength: longestPrefix.length + 4 * Math.ceil(bytes / 3),
});
const published = ["image_portrait", "image_portrait_variants"];

function has(key: string) {
  return { properties: { [key]: {} }, required: [key] };
}

const hasBase64 = { properties: { details: has("image_portrait_base64") } };

const onlyCharactersHavePortraits = {
  if: { properties: { type: { const: "character" } } },
  else: { not: { anyOf: [has("portrait_image_id"), hasBase64] } },
};

const onePortraitAtMost = { not: { allOf: [has("portrait_image_id"), hasBase64] } };
