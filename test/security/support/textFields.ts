import * as z from "zod/mini";

/** A place in a request where a caller may send text. */
export type TextField = {
  /** Such as `pieces[].name`. */
  name: string;
  /** The most characters it takes; undefined when a pattern, a format or a list of values limits it. */
  maxLength: number | undefined;
  /** A value that the field's schema accepts. */
  valid: string;
  /** A request whose other required fields are valid. */
  build(text: string): unknown;
};

/**
 * Every place for text in what a schema accepts, found in the schema itself, so that a new field is tested
 * without a change here. Throws for text whose length nothing limits.
 */
export function textFields(schema: z.ZodMiniType): TextField[] {
  const { fieldsOf } = reader(schema);
  return fieldsOf();
}

/** A valid value of a schema, with its required fields only. */
export function validValue(schema: z.ZodMiniType): unknown {
  return reader(schema).valid();
}

function reader(schema: z.ZodMiniType) {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return { fieldsOf: () => fields(root, ""), valid: () => validOf(root) };

  function fields(node: JsonSchema, name: string): TextField[] {
    const { anyOf, oneOf, type, properties, items } = resolve(node);
    const options = anyOf ?? oneOf;
    if (options) return options.flatMap((option) => fields(option, name));
    if (type === "string") return [textField(resolve(node), name)];
    if (type === "array")
      return fields(items!, `${name}[]`).map((field) => ({
        ...field,
        build: (text) => [field.build(text)],
      }));
    if (type !== "object") return [];
    if (!properties) return freeFields(name);
    return Object.entries(properties).flatMap(([key, property]) =>
      fields(property, name ? `${name}.${key}` : key).map((field) => ({
        ...field,
        build: (text) => ({ ...requiredOf(node), [key]: field.build(text) }),
      })),
    );
  }

  function validOf(node: JsonSchema): unknown {
    const { anyOf, oneOf, type, items, minimum = 0, minItems = 0, ...rest } = resolve(node);
    const [option] = anyOf ?? oneOf ?? [];
    if (option) return validOf(option);
    if (rest.const !== undefined) return rest.const;
    if (type === "string") return validText(resolve(node));
    if (type === "integer" || type === "number") return Math.max(minimum, 1);
    if (type === "boolean") return true;
    if (type === "array") return Array.from({ length: minItems }, () => validOf(items!));
    return requiredOf(node);
  }

  function requiredOf(node: JsonSchema): object {
    const { properties = {}, required = [] } = resolve(node);
    return Object.fromEntries(required.map((key) => [key, validOf(properties[key]!)]));
  }

  function resolve(node: JsonSchema): JsonSchema {
    if (node.$ref === undefined) return node;
    return resolve(root.$defs![node.$ref.replace("#/$defs/", "")]!);
  }
}

function textField(schema: JsonSchema, name: string): TextField {
  const { maxLength, pattern, format, enum: values, const: value } = schema;
  if (maxLength === undefined && !pattern && !format && !values && value === undefined)
    throw new Error(`The length of ${name} has no limit: use storableText`);
  return { name, maxLength, valid: validText(schema), build: (text) => text };
}

/** The places in an object whose keys are the caller's, such as `details`. */
function freeFields(name: string): TextField[] {
  const places: [string, (text: string) => unknown][] = [
    [`${name}.*`, (text) => ({ free: text })],
    [`${name}.*[]`, (text) => ({ free: ["a", text] })],
    [`${name}.*.*`, (text) => ({ free: { free: { free: text } } })],
    [`a key of ${name}`, (text) => ({ [text]: 1 })],
  ];
  return places.map(([name, build]) => ({ name, maxLength: 65_536, valid: "x", build }));
}

function validText({ minLength = 0, pattern, format, enum: values, const: value }: JsonSchema) {
  if (value !== undefined) return String(value);
  if (values) return values[0]!;
  const texts = [
    ...(format ? [exampleTexts[format]!] : []),
    ...["x".repeat(Math.max(minLength, 1)), "0".repeat(64), "0".repeat(43), "0".repeat(32), "1"],
    "https://cdn.discordapp.com/attachments/1/2/a.png",
  ];
  const text = texts.find((each) => new RegExp(pattern ?? "").test(each));
  if (text === undefined) throw new Error(`Add a text that matches ${pattern}`);
  return text;
}

const exampleTexts: Record<string, string> = {
  uuid: "0190a0b0-c0d0-7e0f-8a0b-0c0d0e0f0a0b",
  "date-time": "2026-01-01T00:00:00Z",
};

type JsonSchema = {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  const?: unknown;
  enum?: string[];
  minimum?: number;
  minItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
};
