import { limits } from "@keepsake/contract/limits";
import * as z from "zod";
import { singleLine } from "../singleLine.ts";

/** What a model's character must be. Texts and lists that are too long are cut, not rejected. */
export function characterSchema() {
  const text = (maxChars: number) =>
    z
      .string()
      .transform((value) => singleLine(value, maxChars))
      .refine((value) => value !== "");
  const upToThree = () =>
    z
      .array(z.string())
      .transform((list) =>
        list
          .map((value) => singleLine(value, 100))
          .filter(Boolean)
          .slice(0, 3),
      )
      .refine((list) => list.length > 0);
  return z.object({
    name: text(limits.name_chars),
    description: text(limits.description_chars),
    traits: upToThree(),
    appearance: text(2_000),
    backstory: text(4_000),
    skills: upToThree(),
    flaw: text(1_000),
  });
}

/**
 * The `json_schema` of a list of `element`, for `response_format`. It holds types only: strict servers
 * reject lengths, patterns and defaults.
 */
export function listJsonSchema(element: z.ZodType) {
  const schema = z.toJSONSchema(z.object({ elements: z.array(element) }), {
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.type === "object") jsonSchema.additionalProperties = false;
    },
  });
  return { name: "characters", strict: true, schema };
}
