import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openapi } from "@keepsake/contract/openapi/document";
import { type RouteName, routes } from "@keepsake/contract/routes";
import { root } from "../repositoryRoot.ts";
import { docComment } from "./docComment.ts";
import { type JsonSchema, namesIn, objectText, typeText } from "./schemaToTypeScript.ts";

type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: { in: string; name: string; required?: boolean; schema: JsonSchema }[];
  requestBody?: { content: { "application/json": { schema: JsonSchema } } };
  responses: Record<string, { content?: { "application/json"?: { schema: JsonSchema } } }>;
};

/** Routes that are not for callers: Telegram sends its webhooks itself. */
const omitted: RouteName[] = ["telegramRehost"];

/** Responses with a name of their own, by the route and status. Others are written where they are used. */
const namedResponses: Record<string, string> = {
  "presignUpload 201": "PresignedUpload",
  "getOwner 200": "Owner",
};

const document = openapi() as unknown as {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { schemas: Record<string, JsonSchema> };
};

/** The text of `packages/client/apiTypes.ts`: a type per schema, and a method per route. */
export async function clientTypes(): Promise<string> {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const methods = operations.filter(({ operationId }) =>
    Object.keys(routes).some(
      (name) => name === operationId && !omitted.includes(name as RouteName),
    ),
  );
  const requests = methods.flatMap(requestType);
  const responses = methods.flatMap(responseTypes);
  const stream = operations.find(({ operationId }) => operationId === "streamCharacters")!;
  const own = [
    ...requests,
    ...responses,
    named("CharacterStreamRequest", bodyOf(stream)!, "input", "The body of `streamCharacters`."),
    webhookEvent(),
    errorCode(),
  ];
  const client = `/** A method per route of the API. */\nexport interface ApiMethods {\n${methods.map(methodText).join("\n\n")}\n}`;
  const shared = sharedTypes([...own, client].join("\n"));
  return formatted(`${header}\n\n${[...shared, ...own, client].join("\n\n")}\n`);
}

/** The text as Biome formats it. */
async function formatted(text: string): Promise<string> {
  const biome = join(root, "node_modules/.bin/biome");
  const running = promisify(execFile)(biome, ["format", "--stdin-file-path=apiTypes.ts"], {
    cwd: root,
  });
  running.child.stdin!.end(text);
  return (await running).stdout;
}

const header = [
  "// Written by `npm run client-types` from the schemas of packages/contract: change those.",
  'import type { CallOptions } from "./callOptions.ts";',
].join("\n");

/** The schemas that these texts name, and those that these name. */
function sharedTypes(text: string): string[] {
  const { schemas } = document.components;
  const written = new Map<string, string>();
  const add = (names: string[]) => {
    for (const name of names.filter((each) => !written.has(each)).sort()) {
      written.set(name, "");
      const type = named(name, schemas[name]!, isInput(name) ? "input" : "output");
      written.set(name, type);
      add(namesIn(type, Object.keys(schemas)));
    }
  };
  add(namesIn(text, Object.keys(schemas)));
  return [...written].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, type]) => type);
}

const isInput = (name: string) => ["PieceDraft", "DraftDetails", "RepaintDetails"].includes(name);

const bodyOf = ({ requestBody }: Operation) => requestBody?.content["application/json"].schema;

/** Path parameters, query and body of a request in one object. */
function inputOf(operation: Operation): JsonSchema | undefined {
  const parameters = (operation.parameters ?? []).filter((each) => each.in !== "header");
  const body = bodyOf(operation);
  const properties = {
    ...Object.fromEntries(parameters.map(({ name, schema }) => [name, flagOr(schema)])),
    ...body?.properties,
  };
  if (Object.keys(properties).length === 0) return undefined;
  const required = parameters.filter((each) => each.required).map(({ name }) => name);
  return { type: "object", properties, required: [...required, ...(body?.required ?? [])] };
}

/** A flag that may be sent by its name alone is a boolean here. */
const flagOr = (schema: JsonSchema): JsonSchema => {
  if (!schema.enum?.includes("true")) return schema;
  const { enum: _, ...rest } = schema;
  return { ...rest, type: "boolean" };
};

const isNamed = (input: JsonSchema) => Object.keys(input.properties ?? {}).length > 1;
const requestName = ({ operationId }: Operation) =>
  `${operationId[0]!.toUpperCase()}${operationId.slice(1)}Request`;

function requestType(operation: Operation): string[] {
  const input = inputOf(operation);
  if (!input || !isNamed(input)) return [];
  return [
    named(requestName(operation), input, "input", `What \`${operation.operationId}\` takes.`),
  ];
}

function responseTypes({ operationId, responses }: Operation): string[] {
  return Object.entries(responses).flatMap(([status, { content }]) => {
    const name = namedResponses[`${operationId} ${status}`];
    const schema = content?.["application/json"]?.schema;
    return name && schema
      ? [named(name, schema, "output", `What \`${operationId}\` resolves to.`)]
      : [];
  });
}

function methodText(operation: Operation): string {
  const { operationId, summary, description } = operation;
  const input = inputOf(operation);
  const isOptional = !input?.required?.length;
  const type = !input
    ? "Record<string, never>"
    : isNamed(input)
      ? requestName(operation)
      : objectText(input, "input", 2);
  const parameters = `input${isOptional ? "?" : ""}: ${type}, options?: CallOptions`;
  return `${docComment([summary, description].filter(Boolean).join(" "), 1)}  ${operationId}(${parameters}): Promise<${outputText(operation)}>;`;
}

function outputText({ operationId, responses }: Operation): string {
  const texts = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([status, { content }]) => {
      const schema = content?.["application/json"]?.schema;
      return (
        namedResponses[`${operationId} ${status}`] ??
        (schema ? typeText(schema, "output", 2) : "undefined")
      );
    });
  return [...new Set(texts)].join(" | ");
}

function webhookEvent(): string {
  const events = Object.values(document.webhooks).map(
    ({ post }) => `${docComment(post.summary, 1)}  | ${typeText(bodyOf(post)!, "output", 2)}`,
  );
  return `/** What \`WEBHOOK_URL\` receives, once its signature is verified. Later releases add types: answer 2xx to those. */\nexport type WebhookEvent =\n${events.join("\n")};`;
}

function errorCode(): string {
  const error = document.components.schemas.Refusal!.properties!.error!;
  const codes = error.properties!.code!.enum!.map((code) => `  | ${JSON.stringify(code)}`);
  return `/** Why a request failed. Later releases add codes. */\nexport type ErrorCode =\n${codes.join("\n")};`;
}

function named(name: string, schema: JsonSchema, io: "input" | "output", about = "") {
  return `${docComment(schema.description ?? about, 0)}export type ${name} = ${typeText(schema, io, 0)};`;
}
