import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RejectUpload, type Router, route } from "@better-upload/server";
import { toNodeHandler } from "@better-upload/server/adapters/node";
import { custom } from "@better-upload/server/clients";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { handleCalls } from "../support/childProcess.ts";

/** better-upload's route for one image as in its documentation; `checked` requires a JWT as Keepsake does. */
const { publicKey, privateKey } = await generateKeyPair("ES256");
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
const claims = { issuer: "https://issuer.example.com", audience: "keepsake" };

const { STORE_HOST = "127.0.0.1:9" } = process.env;
const image = { fileTypes: ["image/*"], maxFileSize: 20_000_000, signedUrlExpiresIn: 300 };
const router: Router = {
  client: custom({
    host: STORE_HOST,
    accessKeyId: "r2",
    secretAccessKey: "r2",
    region: "auto",
    secure: true,
    forcePathStyle: true,
  }),
  bucketName: "incoming",
  routes: {
    open: route(image),
    checked: route({
      ...image,
      async onBeforeUpload({ req }) {
        const [, token = ""] = /^Bearer (\S+)$/i.exec(req.headers.get("authorization") ?? "") ?? [];
        await jwtVerify(token, keys, claims).catch(() => {
          throw new RejectUpload("Sign in");
        });
      },
    }),
  },
};
const server = createServer(toNodeHandler(router));

handleCalls({
  async start() {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  tokens: ({ count }: { count: number }) =>
    Promise.all(
      Array.from({ length: count }, (_, user) =>
        new SignJWT({})
          .setProtectedHeader({ alg: "ES256" })
          .setSubject(`user-${user}`)
          .setIssuer(claims.issuer)
          .setAudience(claims.audience)
          .setExpirationTime("12h")
          .sign(privateKey),
      ),
    ),
  cpu: () => process.cpuUsage(),
});
