import { request as httpRequest, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

describe("a response of the API", () => {
  test("is compressed for a client that accepts gzip, and has the same content", async ({
    stack,
    owner,
  }) => {
    await insertImages(stack, owner, Array(40).fill({}));
    const plain = await get(stack, owner, "/images?limit=40");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(JSON.parse(`${plain.body}`).images).toHaveLength(40);
    expect(await owner.client.listImages({ limit: 40 })).toEqual(JSON.parse(`${plain.body}`));
    for (const accepted of ["gzip", "br, gzip;q=0.5", "deflate, GZIP"]) {
      const { headers, body } = await get(stack, owner, "/images?limit=40", accepted);
      expect(headers).toMatchObject({
        "content-encoding": "gzip",
        "content-type": "application/json",
        vary: "accept-encoding, origin",
      });
      expect(gunzipSync(body)).toEqual(plain.body);
      expect(body.length).toBeLessThan(plain.body.length / 4);
    }
  });

  test("is as it is for a client that refuses gzip, and when it is short", async ({
    stack,
    owner,
  }) => {
    await insertImages(stack, owner, Array(40).fill({}));
    for (const accepted of ["identity", "gzip;q=0", "br, gzip;q=0.0, deflate"]) {
      const { headers, body } = await get(stack, owner, "/images?limit=40", accepted);
      expect([accepted, headers["content-encoding"]]).toEqual([accepted, undefined]);
      expect(JSON.parse(`${body}`).images).toHaveLength(40);
    }
    const short = await get(stack, owner, "/images?limit=1", "gzip");
    expect(short.headers["content-encoding"]).toBeUndefined();
    expect(JSON.parse(`${short.body}`).images).toHaveLength(1);
    const error = await get(stack, owner, "/images/none", "gzip");
    expect(JSON.parse(`${error.body}`).error.code).toBe("input.invalid");
  });
});

/** The response as it is sent: `fetch` would decode it. */
async function get({ api, issuer }: TestStack, { sub }: Owner, path: string, accepted?: string) {
  const authorization = `Bearer ${await issuer.sign(sub)}`;
  const headers = { authorization, ...(accepted && { "accept-encoding": accepted }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    httpRequest(new URL(path, api), { headers }).on("response", resolve).on("error", reject).end(),
  );
  return { headers: response.headers, body: await buffer(response) };
}
