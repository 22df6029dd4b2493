import { statuses } from "@keepsake/contract/errors";
import { eventTypes } from "@keepsake/contract/events";
import { limits } from "@keepsake/contract/limits";
import { openapi } from "@keepsake/contract/openapi/document";
import { byAccess, everywhere, routeErrors } from "@keepsake/contract/openapi/routeErrors";
import { type Route, routes } from "@keepsake/contract/routes";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import type { Document } from "../support/openapi/checkExchange.ts";
import { schemaChecker } from "../support/openapi/schemaChecker.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

const document = openapi();
const { paths } = document as unknown as Document;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([method]) => method !== "servers")
    .map(([method, operation]) => ({ path, method, operation, name: `${method} ${path}` })),
);

describe("the OpenAPI document", () => {
  test("is what GET /openapi.json answers, in 185 kB", async ({ stack }) => {
    const { status, body } = await request(stack, "GET", "/openapi.json");
    expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(document))]);
    expect(JSON.stringify(document).length).toBeLessThan(185_000);
    expect(body["x-limits"].portrait_bytes).toBe(limits.portrait_bytes);
  });

  test("has an operation for every route, HEAD /health and the stream, and no other", () => {
    const served = Object.values<Route>(routes).flatMap(({ method, path, head }) => [
      `${method.toLowerCase()} ${path}`,
      ...(head ? [`head ${path}`] : []),
    ]);
    expect(operations.map(({ name }) => name).sort()).toEqual([...served, "post /"].sort());
  });

  test("has a webhook for every event and the test, with its headers, the schema of its body, a valid example and a tag that is described", () => {
    const { webhooks, tags, components } = document as unknown as {
      webhooks: Record<string, { post: Webhook }>;
      tags: { name: string }[];
      components: { parameters: Record<string, { in: string; name: string; example: string }> };
    };
    const { problems } = schemaChecker(document);
    expect(Object.keys(webhooks)).toEqual([...eventTypes, "test"]);
    for (const [name, parameter] of Object.entries(components.parameters))
      expect(problems(parameter.example, "components", "parameters", name, "schema")).toEqual([]);
    for (const [type, { post }] of Object.entries(webhooks)) {
      expect(post.requestBody.content).toMatchObject({
        "application/json": { schema: { properties: { type: { const: type } } } },
      });
      const { example } = post.requestBody.content["application/json"]!;
      const place = ["webhooks", type, "post", "requestBody", "content", "application/json"];
      expect([type, problems(example, ...place, "schema")]).toEqual([type, []]);
      expect(example).toMatchObject({ type });
      const headers = post.parameters.map(({ $ref }) => components.parameters[$ref.slice(24)]!);
      expect(headers.map((header) => [header.in, header.name])).toEqual(
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ["header", name]),
      );
      expect(tags.map(({ name }) => name)).toContain(post.tags[0]);
    }
  });

  test("says which credentials a route takes", () => {
    const of = (path: string, method: string) => paths[path]?.[method]?.security;
    expect((document as { security?: unknown }).security).toEqual([
      { jwt: [] },
      { serviceKey: [], owner: [] },
    ]);
    expect(of("/worlds", "post")).toBeUndefined(); // as the document says
    expect(of("/tokens", "post")).toEqual([{ serviceKey: [] }]);
    expect(of("/telegram/webhook", "post")).toEqual([{ telegram: [] }]);
    expect(of("/health", "get")).toEqual([]);
  });

  test("has no error and no warning by Redocly's recommended rules", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const source = JSON.stringify(document);
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    const list = problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
    expect(list).toEqual([]);
  });

  test("has an example for every body and every answer with one, each valid", ({ task }) => {
    const { problems } = schemaChecker(document);
    const wrong = operations.flatMap(({ path, method, operation, name }) => {
      const bodies = [
        ...contents(operation.requestBody, ["requestBody"]),
        ...Object.entries(operation.responses)
          .filter(([status]) => status.startsWith("2"))
          .flatMap(([status, response]) => contents(response, ["responses", status])),
      ];
      return bodies.flatMap(({ place, type, media }) => {
        const examples = media.examples
          ? Object.values(media.examples).map(({ value }) => value)
          : [media.example];
        return examples.flatMap((example) => {
          if (example === undefined) return [`${name}: ${place.join(" ")} has no example`];
          const schema = ["paths", path, method, ...place, "content", type, "schema"];
          return problems(example, ...schema).map((problem) => `${name}: ${problem}`);
        });
      });
    });
    task.meta.cases = operations.length;
    expect(wrong).toEqual([]);
  });

  test("has examples of requests that the API accepts", async ({ stack, owner }) => {
    const example = (method: string, path: string) =>
      operations.find((each) => each.name === `${method} ${path}`)!.operation.requestBody!.content[
        "application/json"
      ]!.example;
    const send = async (method: string, path: string, filled = path) => {
      const body = example(method.toLowerCase(), path);
      const answer = await request(stack, method, filled, { sub: owner.sub, body });
      return [path, answer.status, answer.body] as const;
    };
    const [, status, { world }] = await send("POST", "/worlds");
    expect(status).toBe(201);
    const at = `/worlds/${world.world_id}/pieces`;
    const { image_id } = await owner.client.upload(fileOf(await png()));
    const answers = [
      await send("POST", "/characters"),
      await send("POST", "/worlds/{world_id}/pieces", at),
      await send(
        "PUT",
        "/worlds/{world_id}/pieces/{piece_id}/portrait",
        `${at}/${world.pieces[0].piece_id}/portrait`,
      ),
      await send("POST", "/uploads"),
      await send("POST", "/images"),
      await send("PATCH", "/images/{image_id}", `/images/${image_id}`),
      await send("POST", "/rehosts"),
    ];
    for (const [path, status, body] of answers)
      expect([path, status < 300, body.error]).toEqual([path, true, undefined]);
  });

  test("gives each status of a route exactly the codes that the route may answer, with their meaning", () => {
    const { responses } = paths["/images/{image_id}"]!.delete!;
    expect(responses[409]).toMatchObject({
      description: expect.stringMatching(/^`image.in_use`: .*force=true/),
      content: {
        "application/json": {
          schema: {
            allOf: [
              {},
              { properties: { error: { properties: { code: { enum: ["image.in_use"] } } } } },
            ],
          },
        },
      },
    });
    expect(Object.keys(responses)).toEqual([
      "202",
      "401",
      "404",
      "409",
      "413",
      "422",
      "429",
      "500",
      "503",
    ]);
  });

  test("names every code that is not of the client alone", () => {
    const ofRoutes = [...Object.values(routeErrors), ...Object.values(byAccess)].flat();
    const declared = new Set([...ofRoutes, ...everywhere]);
    const elsewhere = Object.keys(statuses).filter((code) => !declared.has(code as never));
    expect(elsewhere.sort()).toEqual([
      "export.failed", // the error of an export
      "export.late", // the client's
      "image.deleted", // the error of an export
      "portrait.late", // the client's
      "request.too_large", // the client's, for the gateway's 413
      "route.not_found", // of no route
      "upload.refused", // the client's
    ]);
  });

  test("closes the objects of requests and leaves those of answers open", () => {
    const { Image, PieceDraft, GeneratedCharacter } = document.components.schemas as Record<
      string,
      { additionalProperties?: unknown }
    >;
    expect(PieceDraft?.additionalProperties).toBe(false);
    expect(Image).not.toHaveProperty("additionalProperties");
    expect(GeneratedCharacter).not.toHaveProperty("additionalProperties");
  });
});

type Webhook = {
  tags: string[];
  parameters: { $ref: string }[];
  requestBody: { content: Record<string, Media> };
};
type Content = { content?: Record<string, Media> };
type Media = { example?: unknown; examples?: Record<string, { value: unknown }> };

const contents = (of: Content | object | undefined, place: string[]) =>
  Object.entries((of as Content | undefined)?.content ?? {})
    .filter(([type]) => type === "application/json")
    .map(([type, media]) => ({ type, media, place }));
