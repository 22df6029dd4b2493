import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { route } from "@better-upload/server";
import { toNodeHandler } from "@better-upload/server/adapters/node";
import { SignJWT } from "jose";
import { handleCalls } from "../support/forkedProcess.ts";
import { bucket, image, verifyToken } from "./betterUploadRoute.ts";

/** better-upload's route for one image behind HTTP, with a check of the caller's JWT. */
const secret = randomBytes(32);
const checked = route({
  ...image,
  async onBeforeUpload({ req }) {
    await verifyToken(req, secret);
  },
});
const server = createServer(toNodeHandler({ ...bucket, routes: { checked } }));

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
          .setIssuer("keepsake")
          .setExpirationTime("1h")
          .sign(secret),
      ),
    ),
  cpu: () => process.cpuUsage(),
});
