import { pages } from "@keepsake/contract/htmlPages";
import { type Route, routes } from "@keepsake/contract/routes";
import { streams } from "@keepsake/contract/streamingFunctions";
import { apiRequestsPerSecond as defaultRequestsPerSecond } from "@keepsake/ops/costs/capacity";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

describeStages((stage) => {
  test("there is a route for every one of the contract, to its function, for every page, and $default", () => {
    const contract = Object.entries<Route>(routes).flatMap(([route, { method, path, head }]) =>
      [method, ...(head ? ["HEAD"] : [])].map((each) => [
        `${each} ${path}`,
        stage.plan.functions[route]?.lambda.name,
      ]),
    );
    const targets = stage.plan.routes.map(({ routeKey, lambda }) => [routeKey, lambda]);
    expect(Object.fromEntries(targets)).toEqual({
      ...Object.fromEntries(contract),
      ...Object.fromEntries(
        ["GET /docs", "HEAD /docs", "GET /docs/{file}", "HEAD /docs/{file}"].map((route) => [
          route,
          stage.plan.functions.docs?.lambda.name,
        ]),
      ),
      "GET /w/{page_id}": stage.plan.functions.worldPage?.lambda.name,
      "HEAD /w/{page_id}": stage.plan.functions.worldPage?.lambda.name,
      $default: stage.plan.functions.notFound?.lambda.name,
    });
  });

  test("functions check who calls, and all but those of public routes hold what they need for it", () => {
    expect(stage.plan.all("aws:apigatewayv2/authorizer:Authorizer")).toEqual([]);
    for (const { routeKey, authorizationType } of stage.plan.routes)
      expect([routeKey, authorizationType]).toEqual([routeKey, "NONE"]);
    for (const [name, { access }] of Object.entries<Route>(routes)) {
      const { links } = stage.plan.functions[name]!;
      const needed = access === "public" ? [] : ["Auth", "Database"];
      expect([name, links.filter((link) => needed.includes(link))]).toEqual([name, needed]);
    }
    expect(stage.plan.one("random:index/randomBytes:RandomBytes", "PageTokenKey").inputs).toEqual({
      length: 32,
    });
  });

  test("a function times out before API Gateway does", () => {
    for (const route of [...Object.keys(routes), ...Object.keys(pages), "notFound"])
      expect(stage.plan.functions[route]?.lambda.timeout).toBeLessThanOrEqual(29);
  });

  test("only the configured web origins may call the API, with the methods and headers of its routes", () => {
    expect(stage.plan.one("aws:apigatewayv2/api:Api").inputs.corsConfiguration).toEqual({
      allowOrigins: stage.origins,
      allowMethods: expect.toSatisfy(
        (methods: string[]) =>
          methods.toSorted().join() ===
          [...new Set(Object.values(routes).map(({ method }) => method))].sort().join(),
      ),
      allowHeaders: ["authorization", "content-type", "idempotency-key"],
      exposeHeaders: ["retry-after", "keepsake-request-id"],
      maxAge: 3600,
    });
  });

  test("streams have function URLs for the configured web origins, without an authorizer of AWS", () => {
    const urls = stage.plan.all("aws:lambda/functionUrl:FunctionUrl");
    expect(urls.map(({ inputs }) => inputs)).toMatchObject(
      Object.keys(streams).map(() => ({
        authorizationType: "NONE",
        invokeMode: "RESPONSE_STREAM",
        cors: {
          allowOrigins: stage.origins,
          allowMethods: ["POST"],
          allowHeaders: ["authorization", "content-type"],
          exposeHeaders: ["retry-after", "keepsake-request-id"],
        },
      })),
    );
    for (const [name, { timeoutSeconds }] of Object.entries(streams))
      expect(stage.plan.functions[name]?.lambda.timeout).toBe(timeoutSeconds);
  });

  test("requests are throttled, and each one is in the access log", () => {
    const { apiRequestsPerSecond = defaultRequestsPerSecond } = stage.limits;
    expect(stage.plan.one("aws:apigatewayv2/stage:Stage").inputs).toMatchObject({
      defaultRouteSettings: {
        throttlingRateLimit: apiRequestsPerSecond,
        throttlingBurstLimit: 2 * apiRequestsPerSecond,
      },
      accessLogSettings: { format: expect.stringContaining("$context.requestId") },
    });
  });
});
