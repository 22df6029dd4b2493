import type { Exchange } from "./exchanges.ts";
import { schemaChecker } from "./schemaChecker.ts";

/** As much of an OpenAPI document as is read here. */
export type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response> };
};
export type Operation = {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, Response | { $ref: string }>;
  security?: object[];
  servers?: object[];
};
type Parameter = { in: string; name: string; required?: boolean; schema: { type?: string } };
type Response = {
  content?: Record<string, { schema: object }>;
  headers?: Record<string, { $ref: string }>;
};

/** Where the operation of a request is: in a path of the API, or the root of the stream's own server. */
export type Server = "api" | "stream";

/**
 * Returns a function that lists what an exchange has that the document does not allow: a request that was
 * answered 2xx and does not match its schema, and any response that does not match one of its operation.
 * Schemas are compiled on first use.
 */
export function exchangeChecker(document: Document) {
  const { problems } = schemaChecker(document);
  const patterns = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
  }));

  return function check(exchange: Exchange, server: Server = "api"): string[] {
    const { method, target, status } = exchange;
    const { pathname, searchParams } = new URL(target, "http://api");
    const found =
      server === "stream" ? { path: "/" } : patterns.find(({ pattern }) => pattern.test(pathname));
    const verb = method.toLowerCase();
    const operation = found && document.paths[found.path]?.[verb];
    const isStream = operation?.servers !== undefined || found?.path === "/";
    if (!found || !operation || isStream !== (server === "stream"))
      return checkUnknown(exchange).map((problem) => `${method} ${pathname} ${problem}`);

    const place = ["paths", found.path, verb] as const;
    const given = "pattern" in found ? found.pattern.exec(pathname)?.groups : undefined;
    const wrong = [
      ...(status < 300
        ? [
            ...checkParameters(operation, place, exchange, { ...given }, searchParams),
            ...checkBody(operation, place, exchange),
          ]
        : []),
      ...checkResponse(operation, place, exchange),
    ];
    return wrong.map((problem) => `${method} ${found.path} ${status}: ${problem}`);
  };

  function checkParameters(
    { parameters = [] }: Operation,
    place: readonly string[],
    { sentHeaders }: Exchange,
    path: Record<string, string>,
    query: URLSearchParams,
  ): string[] {
    return parameters.flatMap(({ in: location, name, required, schema }, index) => {
      const values = { path: path[name] && decodeURIComponent(path[name]) } as Record<
        string,
        string | undefined
      >;
      if (query.has(name)) values.query = query.getAll(name).join();
      values.header = sentHeaders[name.toLowerCase()]?.toString();
      const value = values[location];
      if (value === undefined) return required ? [`request: the parameter ${name} is missing`] : [];
      const wrong = problems(typed(value, schema), ...place, "parameters", index, "schema");
      return wrong.map((problem) => `request: ${name}${problem}`);
    });
  }

  function checkBody(
    { requestBody }: Operation,
    place: readonly string[],
    { sentBody }: Exchange,
  ): string[] {
    if (!requestBody) return [];
    const json = ["requestBody", "content", "application/json", "schema"];
    return problems(JSON.parse(sentBody), ...place, ...json).map((each) => `request: ${each}`);
  }

  function checkResponse(
    { responses }: Operation,
    place: readonly string[],
    { method, status, headers, body }: Exchange,
  ): string[] {
    const declared = responses[status];
    if (!declared) return [`the status is not declared: ${body.slice(0, 200)}`];
    const component = "$ref" in declared ? declared.$ref.split("/").at(-1)! : undefined;
    const response = component ? document.components.responses[component]! : (declared as Response);
    const at = component
      ? ["components", "responses", component]
      : [...place, "responses", String(status)];

    const missing = Object.keys(response.headers ?? {}).filter(
      (name) => name === "www-authenticate" && headers[name] === undefined,
    );
    if (missing.length > 0) return missing.map((name) => `the header ${name} is missing`);
    if (method === "HEAD" || !response.content)
      return body === "" || method !== "HEAD" ? [] : ["there is a body"];
    const [type = ""] = String(headers["content-type"] ?? "").split(";");
    if (!response.content[type]) return [`the content type ${type} is not declared`];
    const content = [...at, "content", type, "schema"];
    if (type === "text/event-stream") return checkEvents(body, content);
    return problems(parsed(body), ...content).map((each) => `${each}: ${body.slice(0, 300)}`);
  }

  /** Each event of a stream, as its name and its data. */
  function checkEvents(body: string, content: string[]): string[] {
    const events = body.split("\n\n").flatMap((text) => {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(text) ?? [];
      return event === undefined ? [] : [{ event, data: parsed(data!) }];
    });
    if (events.at(-1)?.event !== "done" && events.at(-1)?.event !== "error")
      return ["the last event is neither done nor error"];
    return problems(events, ...content, "contentSchema");
  }
}

/** A path or method that no operation has: our 404, the page of a world, or what the gateway in front answers. */
function checkUnknown({ method, target, status, headers, body }: Exchange): string[] {
  if (method === "OPTIONS" || method === "HEAD") return [];
  if (target.startsWith("/w/") && String(headers["content-type"]).startsWith("text/html"))
    return [];
  const { error } = parsed(body) as { error?: { code: string } };
  return status === 404 && error?.code !== "route.not_found" ? [`${status}: ${body}`] : [];
}

/** A parameter's text as a value of its type. */
function typed(text: string, { type }: { type?: string }): unknown {
  if (type === "integer" && /^\d+$/.test(text)) return Number(text);
  return type === "boolean" && /^(true|false)$/.test(text) ? text === "true" : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
