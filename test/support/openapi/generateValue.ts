import fc, { type Arbitrary } from "fast-check";
import { schemaChecker } from "./schemaChecker.ts";

type Schema = {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  contentMediaType?: string;
};

type Options = {
  seed: number;
  count: number;
  /** Pictures in base64, for text that the schema says is one. */
  pictures: string[];
};

/**
 * Values that a schema of a document accepts, from the schema alone: what it does not say, they do not
 * heed. The same for the same seed.
 */
export function generateValues(
  document: object,
  place: string[],
  { seed, count, pictures }: Options,
): unknown[] {
  const isValid = schemaChecker(document).validator(...place);
  const values = arbitraryOf(at(place));
  // conditions such as `not` and `if` are met by leaving out what does not match
  return fc.sample(
    values.filter((value) => isValid(value)),
    { seed, numRuns: count },
  );

  function arbitraryOf(schema: Schema): Arbitrary<unknown> {
    const { $ref, type, const: value, enum: values, anyOf, oneOf, ...rest } = schema;
    if ($ref !== undefined) return arbitraryOf(at($ref.slice(2).split("/")));
    if (value !== undefined) return fc.constant(value);
    if (values) return fc.constantFrom(...values);
    const options = anyOf ?? oneOf;
    if (options) return fc.oneof(...options.map(arbitraryOf));
    if (Array.isArray(type))
      return fc.oneof(...type.map((each) => arbitraryOf({ ...rest, type: each })));
    switch (type) {
      case "object":
        return objects(rest);
      case "array":
        return fc.array(arbitraryOf(rest.items ?? {}), {
          minLength: rest.minItems ?? 0,
          maxLength: Math.min(rest.maxItems ?? 5, 5),
        });
      case "string":
        return texts(rest);
      case "integer":
        return fc.integer({ min: safe(rest.minimum), max: safe(rest.maximum) });
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      default:
        return fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" });
    }
  }

  function objects({ properties = {}, required = [], additionalProperties }: Schema) {
    const named = Object.fromEntries(
      Object.entries(properties).map(([key, schema]) => [key, arbitraryOf(schema)]),
    );
    const known = fc.record(named, { requiredKeys: required });
    if (additionalProperties === false) return known;
    const free = fc.dictionary(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
      arbitraryOf(typeof additionalProperties === "object" ? additionalProperties : {}),
      { maxKeys: 4 },
    );
    return fc.tuple(free, known).map(([others, own]) => ({ ...others, ...own }));
  }

  function texts({ format, pattern, contentMediaType, minLength = 0, maxLength = 200 }: Schema) {
    if (contentMediaType === "image/*") return fc.constantFrom(...pictures);
    if (format === "uuid") return fc.uuid();
    const lengths = { minLength, maxLength: Math.min(maxLength, 300) };
    const text = fc.oneof(
      { arbitrary: fc.string({ ...lengths, unit: "grapheme" }), weight: 5 },
      { arbitrary: fc.string({ ...lengths, unit: "binary" }), weight: 3 },
      {
        arbitrary: fc.constantFrom("x", "é", "𝕬").map((char) => char.repeat(maxLength)),
        weight: 1,
      },
    );
    if (pattern === undefined) return text;
    const matching = new RegExp(pattern, "u");
    const isText = matching.test("any text, 𝕬 and é");
    const matched = isText ? text : fc.stringMatching(new RegExp(withoutLookaheads(pattern), "u"));
    return matched.filter((each) => matching.test(each));
  }

  function at(keys: string[]): Schema {
    return keys.reduce((node, key) => (node as Record<string, object>)[key]!, document) as Schema;
  }
}

/** fast-check knows none: what they exclude is left out after generating. */
const withoutLookaheads = (pattern: string) => pattern.replace(/\(\?!(?:[^()]|\([^()]*\))*\)/g, "");

const safe = (bound: number | undefined) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, bound ?? 0));
