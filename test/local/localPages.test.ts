import { startApiGateway } from "@keepsake/local/aws/apiGateway";
import { localPages } from "@keepsake/local/embedded/hostAndOrigin";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let gateway: Awaited<ReturnType<typeof startApiGateway>>;
beforeAll(async () => {
  const lambda = { name: "any", handler: async () => ({}), timeoutMs: 1_000 };
  const functions = {
    routes: { presignUpload: lambda } as never,
    pages: {} as never,
    notFound: lambda,
  };
  gateway = await startApiGateway({ port: 0, functions, webOrigins: localPages });
});
afterAll(() => gateway.stop());

describe("a server that pages of this machine may use", () => {
  test.for([...["http://localhost:5173", "http://127.0.0.1:1", "http://localhost:65535"]])(
    "serves a page of %s",
    async (origin) => {
      expect(await send(origin)).toEqual([200, origin]);
    },
  );

  test.for([
    ...["https://localhost:5173", "http://localhost", "http://localhost.example:5173", "null"],
    ...["http://example:5173", "http://127.0.0.1.example:80", "http://[::1]:5173"],
    ...["http://user@localhost:5173", "http://localhost:5173x", "http://192.168.0.2:5173"],
    ...["http://example:*", "http://localhost:5173/", "http://localhost:123456"],
  ])("refuses a page of %s", async (origin) => {
    expect(await send(origin)).toEqual([403, null]);
  });
});

async function send(origin: string) {
  const response = await fetch(`${gateway.url}/uploads`, { method: "POST", headers: { origin } });
  return [response.status, response.headers.get("access-control-allow-origin")];
}
