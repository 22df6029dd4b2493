import { createSchema } from "zod-openapi";
import { ErrorResponse } from "../api.ts";
import { answersInFront, errorMeanings } from "../errorMeanings.ts";
import { type ErrorCode, statuses } from "../errors.ts";
import { override } from "./schemaRules.ts";

/** Which service is in front of a function, and answers some requests itself. */
export type Front = "gateway" | "function URL";

type Answer = { codes: ErrorCode[]; ofFront: string | undefined; front: Front };
type Reference = { $ref: string };

/** The name of a response's header, and of the component that describes it. */
function headerOf({ status, codes }: { status: number; codes: ErrorCode[] }): string[] {
  if (codes.includes("token.refused")) return ["www-authenticate", "WwwAuthenticate"];
  return status === 429 || status === 503 ? ["retry-after", "RetryAfter"] : [];
}

/**
 * The error responses of operations, by status, with the codes of each. Those that several operations share
 * are components.
 */
export function errorResponses() {
  const uses = new Map<string, Reference[]>();
  const answers = new Map<string, Answer & { status: number }>();

  return {
    /** The error responses of one operation. Call `components` after the last. */
    of(codes: readonly ErrorCode[], front: Front): Record<number, Reference> {
      const known = [...codes.map((code) => statuses[code]), ...Object.keys(answersInFront)];
      return Object.fromEntries(
        [...new Set(known.map(Number))].toSorted().map((status) => {
          const answer = {
            codes: [...new Set(codes)].filter((code) => statuses[code] === status),
            ofFront: answersInFront[status]?.meaning,
            front,
          };
          const key = JSON.stringify([status, answer]);
          const reference = { $ref: "" };
          answers.set(key, { ...answer, status });
          uses.set(key, [...(uses.get(key) ?? []), reference]);
          return [status, reference];
        }),
      );
    },

    /** The components of what was asked for. Responses that are used once, or are long, are in place. */
    components() {
      const responses: Record<string, object> = {};
      for (const [key, references] of uses) {
        const answer = answers.get(key)!;
        if (references.length === 1 || answer.codes.length > 2)
          replaceAll(references, response(answer));
        else {
          const name = nameOf(answer);
          if (name in responses) throw new Error(`Two responses are named ${name}`);
          responses[name] = response(answer);
          for (const reference of references) reference.$ref = `#/components/responses/${name}`;
        }
      }
      return { responses, schemas: schemas(), headers: sharedHeaders };
    },
  };
}

function response({ codes, ofFront, front, status }: Answer & { status: number }) {
  const [header, component] = headerOf({ status, codes });
  const meanings = codes.map(described);
  const own =
    ofFront && `${front === "gateway" ? "From API Gateway itself" : "From Lambda"}: ${ofFront}`;
  const forms = [...(codes.length > 0 ? [refusal(codes)] : []), ...(own ? [frontForm(front)] : [])];
  const [schema] = forms.length > 1 ? [{ anyOf: forms }] : forms;
  return {
    description: [...meanings, ...(own ? [own] : [])].join("\n\n"),
    ...(header && { headers: { [header]: { $ref: `#/components/headers/${component}` } } }),
    ...(schema && { content: { "application/json": { schema } } }),
  };
}

/** Such as `image.not_found`: its meaning and what to do. */
function described(code: ErrorCode): string {
  const { meaning, advice } = errorMeanings[code];
  return `\`${code}\`: ${meaning} ${advice}`;
}

const refusal = (codes: ErrorCode[]) => ({
  allOf: [
    { $ref: "#/components/schemas/Refusal" },
    { properties: { error: { properties: { code: { enum: codes } } } } },
  ],
});

const frontForm = (front: Front) => ({
  $ref: `#/components/schemas/${front === "gateway" ? "GatewayMessage" : "LambdaMessage"}`,
});

const schemas = () => ({
  ...createSchema(ErrorResponse(), { opts: { override } }).components,
  GatewayMessage: {
    type: "object",
    description: "An error that API Gateway answers itself.",
    properties: { message: { type: "string" } },
    required: ["message"],
  },
  LambdaMessage: {
    type: "object",
    description: "An error that Lambda answers itself.",
    properties: { Message: { type: "string" } },
  },
});

const sharedHeaders = {
  RetryAfter: {
    description: "Seconds after which the request may succeed.",
    schema: { type: "integer" },
  },
  WwwAuthenticate: {
    required: true,
    description: "`Bearer`.",
    schema: { type: "string" },
  },
};

/** Such as `WorldNotFound`. */
function nameOf({ codes, status, front }: Answer & { status: number }): string {
  const words = codes.flatMap((code) => code.split(/[._]/));
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return `${name || `Refused${status}`}${front === "gateway" ? "" : "Stream"}`;
}

function replaceAll(references: Reference[], by: object) {
  for (const reference of references) {
    Reflect.deleteProperty(reference, "$ref");
    Object.assign(reference, by);
  }
}
