import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tokenVerifier } from "@keepsake/functions/runtime/token";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";

test("a stream's token is accepted from its issuer, for its audience and as a bearer token only", async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const key = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" };
  const server = createServer(({ url }, response) => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(url === "/keys" ? { keys: [key] } : { jwks_uri: `${issuer}/keys` }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (iss: string, audience: string) =>
    new SignJWT({ sub: "mira" })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuer(iss)
      .setAudience(audience)
      .setExpirationTime("1 hour")
      .sign(privateKey);
  const verify = tokenVerifier({ issuer, audience: "keepsake" });

  const token = await sign(issuer, "keepsake");
  expect(await verify(`Bearer ${token}`)).toMatchObject({ sub: "mira" });
  for (const refused of [
    undefined,
    token,
    `Bearer ${await sign(`${issuer}/other`, "keepsake")}`,
    `Bearer ${await sign(issuer, "another API")}`,
  ])
    await expect(verify(refused)).rejects.toMatchObject({ code: "token.refused" });
  server.close();
  server.closeAllConnections();
});
