import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RejectUpload, type Router, route } from "@better-upload/server";
import { toNodeHandler } from "@better-upload/server/adapters/node";
import { custom } from "@better-upload/server/clients";
import { jwtVerify, SignJWT } from "jose";
import { handleCalls } from "../support/forkedProcess.ts";

/**
 * better-upload's route for one image as in its documentation; `checked` requires a JWT that is signed with
 * a secret, as Keepsake's page tokens are.
 */
const secret = randomBytes(32);
const claims = { issuer: "keepsake" };

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
        await jwtVerify(token, secret, { ...claims, algorithms: ["HS256"] }).catch(() => {
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
          .setProtectedHeader({ alg: "HS256" })
          .setSubject(`user-${user}`)
          .setIssuer(claims.issuer)
          .setExpirationTime("1h")
          .sign(secret),
      ),
    ),
  cpu: () => process.cpuUsage(),
});
