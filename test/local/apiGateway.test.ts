import { startApiGateway } from "@keepsake/local/aws/apiGateway";
import type { LambdaFunction } from "@keepsake/local/aws/lambda";
import { describe, expect, inject } from "vitest";
import { request, testWithoutConsumers as test } from "../support/stack.ts";

describe("the API", () => {
  test("reports that it is healthy without a token", async ({ stack }) => {
    const { status, body } = await request(stack, "GET", "/health");
    expect([status, body]).toEqual([200, { status: "ok", migrations: "applied" }]);
  });

  test("answers HEAD /health without a body, and HEAD of no other route", async ({ stack }) => {
    const head = async (path: string) => {
      const { status, body } = await request(stack, "HEAD", path);
      return [status, body];
    };
    expect(await head("/health")).toEqual([200, ""]);
    expect(await head("/worlds")).toEqual([404, ""]);
  });

  test("ignores query parameters that it does not know", async ({ stack, owner: { sub } }) => {
    for (const path of ["/worlds?page=2&limit=1", "/images?utm_source=mail", "/health?x=1"])
      expect((await request(stack, "GET", path, { sub })).status).toBe(200);
  });

  test("allows pages of the listed origins, and of no others", async ({ stack }) => {
    const origin = inject("pages").allowed;
    const preflight = (origin: string) =>
      request(stack, "OPTIONS", "/worlds", {
        headers: { origin, "access-control-request-method": "POST" },
      });

    const { status, headers } = await preflight(origin);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-allow-methods")).toBe("POST,GET,PATCH,PUT,DELETE");
    expect(headers.get("access-control-allow-headers")).toBe(
      "authorization,content-type,idempotency-key",
    );
    const other = await preflight("https://elsewhere.example");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    const rejected = await request(stack, "GET", "/worlds", {
      headers: { origin },
    });
    expect(rejected.status).toBe(401);
    expect(rejected.headers.get("access-control-allow-origin")).toBe(origin);
    expect(rejected.headers.get("access-control-expose-headers")).toBe(
      "retry-after,keepsake-request-id",
    );
  });
});

describe("the local API gateway", () => {
  test("passes requests to functions in payload format 2.0", async () => {
    const echo = await gatewayTo(async (event) => event);
    const url = `${echo.url}/cast%6Ces?b=2&a=1&a=%C3%BC`;

    const response = await fetch(url, {
      headers: { cookie: "x=1; y=2", "x-custom": "yes", "content-type": "image/png" },
      method: "POST",
      body: "bytes",
    });

    expect(await response.json()).toMatchObject({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/castles",
      rawQueryString: "b=2&a=1&a=%C3%BC",
      queryStringParameters: { b: "2", a: "1,ü" },
      cookies: ["x=1", "y=2"],
      headers: { "x-custom": "yes" },
      body: Buffer.from("bytes").toString("base64"),
      isBase64Encoded: true,
      requestContext: { http: { method: "POST", path: "/castles" } },
    });
    await echo.stop();
  });

  test("responds as AWS does when a function throws, times out or returns too much", async () => {
    const cases: [LambdaFunction["handler"], number, string][] = [
      [() => Promise.reject(new Error("bug")), 500, "Internal Server Error"],
      [() => new Promise(() => {}), 503, "Service Unavailable"],
      [
        async () => ({ statusCode: 200, body: "x".repeat(6_300_000) }),
        500,
        "Internal Server Error",
      ],
    ];
    for (const [handler, status, message] of cases) {
      const gateway = await gatewayTo(handler);
      const response = await fetch(gateway.url);
      expect([response.status, await response.json()]).toEqual([status, { message }]);
      await gateway.stop();
    }
  });
});

function gatewayTo(handler: LambdaFunction["handler"]) {
  const notFound: LambdaFunction = { name: "notFound", handler, timeoutMs: 200 };
  const functions = { routes: {} as never, pages: {} as never, notFound };
  return startApiGateway({ port: 0, functions, webOrigins: [] });
}
