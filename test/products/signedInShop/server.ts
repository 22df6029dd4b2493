import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Options = {
  /** The files of the page, by path. */
  files: Record<string, { type: string; text: string }>;
  /** Keepsake's addresses and the shop's key: known once Keepsake allows the origin of this shop. */
  keepsake: () => { api: string; service_key: string };
  /** How long the tokens of its pages are valid. */
  tokenSeconds: () => number;
};

/** A shop with its own accounts: a cookie signs its users in, and no issuer exists. */
export async function startShop({ files, keepsake, tokenSeconds }: Options) {
  const users = new Map<string, { id: string; name: string }>();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => send(response, 502, { error: "Try again later" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { method, url = "/", headers } = request;
    const file = files[url];
    if (method === "GET" && file)
      return response.writeHead(200, { "content-type": file.type }).end(file.text);
    if (method === "POST" && headers.origin !== origin) return send(response, 403, {});
    if (method === "POST" && url === "/sign-in") return signIn(await text(request), response);

    const session = /(?:^|; )shop_session=(\w+)/.exec(headers.cookie ?? "")?.[1] ?? "";
    const user = users.get(session);
    if (!user) return send(response, 401, { error: "Sign in first" });
    if (method === "GET" && url === "/session") {
      const { api } = keepsake();
      return send(response, 200, { name: user.name, api });
    }
    if (method === "POST" && url === "/picture-token") return sendToken(user, response);
    send(response, 404, {});
  }

  /** A real shop would check a password here. */
  function signIn(body: string, response: ServerResponse) {
    const { name } = JSON.parse(body) as { name: string };
    const session = randomBytes(16).toString("hex");
    users.set(session, { id: `customer/${name.toLowerCase()}`, name });
    response.setHeader("set-cookie", `shop_session=${session}; HttpOnly; SameSite=Strict; Path=/`);
    send(response, 200, {});
  }

  /** The session says which user the token is for, never the page. */
  async function sendToken(user: { id: string; name: string }, response: ServerResponse) {
    const { api, service_key } = keepsake();
    const minted = await fetch(`${api}/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${service_key}`, "content-type": "application/json" },
      body: JSON.stringify({ owner: user.id, name: user.name, expires_in: tokenSeconds() }),
    });
    send(response, minted.ok ? 200 : 502, await minted.json());
  }
}

function send(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
