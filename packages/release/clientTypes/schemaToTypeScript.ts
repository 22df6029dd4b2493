import { docComment } from "./docComment.ts";

/** What is read of JSON Schema as OpenAPI 3.1 has it. */
export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
};

export type Direction = "input" | "output";

/** The TypeScript type of a schema. `depth` is that of the line it is written in. */
export function typeText(schema: JsonSchema, io: Direction, depth: number): string {
  const { $ref, enum: values, anyOf, oneOf, items, type } = schema;
  if ($ref) return nameOf($ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (values) return union(values.map((value) => JSON.stringify(value)));
  const options = anyOf ?? oneOf;
  if (options) return union(options.map((each) => typeText(each, io, depth)));
  if (Array.isArray(type))
    return union(type.map((each) => typeText({ ...schema, type: each }, io, depth)));
  if (type === "array") return arrayOf(typeText(items ?? {}, io, depth));
  if (type === "object") return objectText(schema, io, depth);
  if (type === "integer" || type === "number") return "number";
  if (type === "string" || type === "boolean" || type === "null") return type;
  return "unknown";
}

/** Optional fields of a request may be `undefined`, which is not sent. */
export function objectText(schema: JsonSchema, io: Direction, depth: number): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const indent = "  ".repeat(depth + 1);
  const fields = Object.entries(properties).map(([name, field]) => {
    const isRequired = required.includes(name);
    const optional = isRequired ? ":" : "?:";
    const type = typeText(field, io, depth + 1);
    const full = io === "input" && !isRequired && type !== "unknown" ? `${type} | undefined` : type;
    return `${docComment(aboutField(field, io), depth + 1)}${indent}${name}${optional} ${full};`;
  });
  if (typeof additionalProperties === "object") {
    const values = typeText(additionalProperties, io, depth + 1);
    if (fields.length === 0) return `Record<string, ${values}>`;
    fields.push(`${indent}[key: string]: ${values};`);
  }
  if (fields.length === 0) return "Record<string, never>";
  const line = `{ ${fields.map((field) => field.trim().replace(/;$/, "")).join("; ")} }`;
  return depth > 0 && !line.includes("\n") && line.length < 60
    ? line
    : `{\n${fields.join("\n")}\n${"  ".repeat(depth)}}`;
}

/** The description, and of a request the limits. */
function aboutField(schema: JsonSchema, io: Direction): string {
  const inner = (schema.anyOf ?? []).find(({ type }) => type !== "null") ?? {};
  const { minimum, maximum, maxLength, maxItems, default: preset } = { ...inner, ...schema };
  const isSafe = maximum === Number.MAX_SAFE_INTEGER;
  const sentences = [schema.description];
  if (io === "input") {
    if (minimum !== undefined && maximum !== undefined && !isSafe)
      sentences.push(`${minimum} to ${maximum}.`);
    if (maxLength !== undefined) sentences.push(`At most ${maxLength} characters.`);
    if (maxItems !== undefined) sentences.push(`At most ${maxItems}.`);
    if (preset !== undefined) sentences.push(`Default: ${JSON.stringify(preset)}.`);
  }
  return sentences.filter(Boolean).join(" ");
}

/** The names of those schemas that a text of types uses. */
export function namesIn(text: string, names: string[]): string[] {
  const code = text.replace(/\/\*\*.*?\*\//gs, "").replace(/"[^"]*"/g, "");
  const words = new Set(code.match(/\b[A-Z]\w+/g));
  return names.filter((name) => words.has(name));
}

const nameOf = ($ref: string) => {
  const name = $ref.split("/").at(-1)!;
  return name.endsWith("Base64") ? "string" : name;
};
const arrayOf = (type: string) =>
  / \| /.test(type) && !type.startsWith("{") ? `(${type})[]` : `${type}[]`;
const union = (types: string[]) => [...new Set(types)].join(" | ");
