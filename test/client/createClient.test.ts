import { createClient, type TransportOptions } from "@keepsake/client";
import { describe, expect } from "vitest";
import { respondsWith } from "../support/faultyFetch.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("createClient", () => {
  test.for([undefined, ""])("throws when baseUrl is %j", (baseUrl) => {
    const options = { baseUrl, token: "token" } as TransportOptions;
    expect(() => createClient(options)).toThrow("createClient needs baseUrl, the URL of the API");
  });

  test.for([
    { serviceKey: undefined, owner: "alice" },
    { serviceKey: "", owner: "alice" },
    { serviceKey: "" },
    { token: "token", owner: "alice" },
  ])("throws when the service key is missing: %j", (credential) => {
    const options = { baseUrl: "http://127.0.0.1:3000", ...credential } as TransportOptions;
    expect(() => createClient(options)).toThrow("createClient needs serviceKey");
  });

  test("takes a URL of the API with a slash at its end", async ({ stack, owner }) => {
    const token = await stack.issuer.sign(owner.sub);
    const client = createClient({ baseUrl: `${stack.api}/`, token });
    expect((await client.listImages()).images).toEqual([]);
  });
});

describe("the client", () => {
  test("asks whether the URL is the API's when it is answered a page, and does not ask again", async () => {
    let sent = 0;
    const page = respondsWith(200, "<!doctype html>", { "content-type": "text/html" });
    const fetch = () => {
      sent += 1;
      return page(() => Promise.reject());
    };
    const client = createClient({ baseUrl: "http://127.0.0.1:5173", token: "token", fetch });
    await expect(client.listImages()).rejects.toMatchObject({
      code: "server.failed",
      message: "The server did not answer JSON: is its URL right?",
    });
    expect(sent).toBe(1);
  });

  test("with a service key and no owner is shown the option to set", async ({ stack }) => {
    const client = createClient({ baseUrl: stack.api, serviceKey: stack.serviceKey });
    await expect(client.listImages()).rejects.toMatchObject({
      code: "owner.missing",
      message: expect.stringContaining("keepsake-owner (the client's option owner)"),
    });
  });
});
