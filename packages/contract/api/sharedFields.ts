import * as z from "zod/mini";
import { limits } from "../limits.ts";
import { Erasure, keepPrompt, storableText, visibility, wholeNumber } from "../schemas.ts";

/** A number of things. */
export const count = () => z.int().check(z.gte(0));

export const erasureOutput = () => z.object({ erasure: Erasure() });

/** The query of a list that is answered in pages. A cursor has 24 bytes in base64url where a place is a UUID. */
export const page = (cursorLength = 32) => ({
  limit: z._default(wholeNumber(1, limits.page_size), 50),
  cursor: z
    .optional(z.string().check(z.regex(new RegExp(`^[\\w-]{${cursorLength}}$`))))
    .check(
      z.describe("`next_cursor` of the previous page: of the same list, with the same filters."),
    ),
});

export const nextCursor = () =>
  z.nullable(z.string()).check(z.describe("The `cursor` of the next page; null after the last."));

/** A query parameter that is true or false; with an empty value among the true ones its name alone is true, too. */
export const flag = (description: string, truthy: string[]) =>
  z.optional(z.union([z.boolean(), z.stringbool({ truthy, falsy: ["false"] })])).check(
    z.meta({
      description,
      override: ({ jsonSchema }: { jsonSchema: object }) =>
        Object.assign(
          jsonSchema,
          { anyOf: undefined },
          truthy.includes("")
            ? { type: "string", enum: ["", "true", "false"] }
            : { type: "boolean" },
        ),
    }),
  );

/** What a caller may say of an image that it sends. `reused` says what `reuse` does. */
export const ofSentImage = (reused: string) => ({
  filename: z
    .optional(storableText(0, limits.sent_filename_chars))
    .check(z.describe("For display only.")),
  visibility: visibility(),
  keep_prompt: keepPrompt(),
  reuse: z.optional(z.boolean()).check(z.describe(reused)),
});
