import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import {
  LimitedDetails,
  lazy,
  PieceDraft,
  type portraitErrors,
  storableText,
  theme,
} from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ErrorResponse } from "./errorResponse.ts";

export const characterRoutes = {
  generateCharacters: {
    summary: "Generates characters with portraits. Nothing is stored.",
    body: () => z.strictObject(characterRequest()),
    output: () => z.object({ characters: z.array(PieceDraft()) }),
    status: 200,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };

/** The body for `streamCharacters`: that of `POST /characters`, or a character that needs a new portrait. */
export const CharacterStreamRequest = lazy(() => {
  const request = characterRequest();
  return z.union([
    z.strictObject(request),
    z.strictObject({
      theme: request.theme,
      repaint: z.strictObject({
        name: storableText(1, limits.name_chars),
        description: storableText(0, limits.description_chars),
        details: LimitedDetails(),
      }),
      seed: request.seed,
      reference_image_id: request.reference_image_id,
    }),
  ]);
});
export type CharacterStreamRequest = z.infer<ReturnType<typeof CharacterStreamRequest>>;

/** An event of `streamCharacters`: a Server-Sent Event named by `type`. */
export type CharacterEvent =
  | { type: "character"; index: number; character: PieceDraft }
  | { type: "portrait"; index: number; image_portrait_base64: string }
  | { type: "portrait_error"; index: number; portrait_error: (typeof portraitErrors)[number] }
  | { type: "error"; error: z.infer<ReturnType<typeof ErrorResponse>>["error"] }
  | { type: "done" };

/** The fields of a request for characters, in one response or as a stream. */
const characterRequest = () => ({
  theme: theme(),
  count: z.int().check(z.gte(1), z.lte(limits.characters_per_request)),
  prompt: z.optional(storableText(1, limits.prompt_chars)),
  seed: z
    .optional(z.union([storableText(1, limits.seed_chars), z.int()]))
    .check(
      z.describe("The offline generators give the same characters for the same request and seed."),
    ),
  reference_image_id: z
    .optional(z.uuid())
    .check(z.describe("One of the caller's published images, to base the portraits on.")),
});
