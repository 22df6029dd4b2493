import { once } from "node:events";
import type { RequestListener } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as tls from "node:tls";

/**
 * A server of several of the providers' names, over real TLS, and an agent that reaches it under all of them.
 * Everything else of a connection is as it is elsewhere: the name is resolved, and the certificate checked.
 */
export async function providersTls(answer: RequestListener) {
  const server = https.createServer({ key, cert: certificate }, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    /** An agent that resolves names with `lookup`; all of them to this server when it is not given. */
    agent(lookup: https.AgentOptions["lookup"] = toThisMachine) {
      const agent = new https.Agent({ ca: certificate, lookup });
      agent.createConnection = (options) =>
        tls.connect({ ...(options as tls.ConnectionOptions), port });
      return agent;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const toThisMachine: NonNullable<https.AgentOptions["lookup"]> = (_, { all }, callback) =>
  all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);

/** Self-signed, of replicate.delivery, *.replicate.delivery, *.fal.media and images.example.com; for tests only. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIB3zCCAYagAwIBAgIUYqkDIgild+PIVf2VJrFqmuMfCXkwCgYIKoZIzj0EAwIw
KTEnMCUGA1UEAwweaW1hZ2VzIG9mIHByb3ZpZGVycywgZm9yIHRlc3RzMCAXDTI2
MTEyMjAyMzUyNVoYDzIxMjYxMDI5MDIzNTI1WjApMScwJQYDVQQDDB5pbWFnZXMg
b2YgcHJvdmlkZXJzLCBmb3IgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATKykdHuFq+Tb+fgFQwaNORpbfEOjEAHLatZsFNUaeoi3JUFmDPQXvIYaDXnwW2
Lzx/t+vg0czEEFEqmbePUGASo4GJMIGGMA8GA1UdEwEB/wQFMAMBAf8wVAYDVR0R
BE0wS4IScmVwbGljYXRlLmRlbGl2ZXJ5ghQqLnJlcGxpY2F0ZS5kZWxpdmVyeYIL
Ki5mYWwubWVkaWGCEmltYWdlcy5leGFtcGxlLmNvbTAdBgNVHQ4EFgQU8LR0Pc51
AtjXlVhQRee+V9SKht0wCgYIKoZIzj0EAwIDRwAwRAIgL7rXWxzg04RNLI64Kfnb
uTvTG+lKbH3Z90vyWQFQSQsCIASmnL270jisjR72VMg0UPm+dQcMbt6yIj97BPoW
t09r
-----END CERTIFICATE-----`;

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbW26vjMkfucvDdrm
WOmvl7hZ9ITE6dJ2JK3438sZl06hRANCAATKykdHuFq+Tb+fgFQwaNORpbfEOjEA
HLatZsFNUaeoi3JUFmDPQXvIYaDXnwW2Lzx/t+vg0czEEFEqmbePUGAS
-----END PRIVATE KEY-----`;
