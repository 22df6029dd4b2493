import { once } from "node:events";
import * as http from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { onMessages } from "../../support/postgresMessages.ts";
import type { Action, Decide } from "./faultInjector.ts";

export type FaultyHttpProxy = Awaited<ReturnType<typeof faultyHttpProxy>>;

export type Exchange = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  status: number;
};

type ProxyOptions = {
  decide: Decide;
  /** Called when a call begins; calls what this returns when it ends. */
  startCall?: () => () => void;
  /** Called for every request that reached the server, once it has responded. */
  onExchange?: (exchange: Exchange) => void;
};

/** A proxy to an HTTP server on loopback that can lose a whole request or a whole response. */
export async function faultyHttpProxy(
  system: string,
  target: string,
  { decide, startCall, onExchange }: ProxyOptions,
) {
  const { hostname, port, href } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    const endCall = startCall?.();
    forward(request, response)
      .catch(() => request.socket.destroy())
      .finally(endCall);
  });
  server.keepAliveTimeout = 60_000;
  const ownPort = await listen(server);

  async function forward(request: http.IncomingMessage, response: http.ServerResponse) {
    const { method = "", url = "/", rawHeaders } = request;
    const { pathname: path, searchParams: query } = new URL(url, "http://proxy");
    const body = await buffer(request);
    const action = decide(system, `${method} ${sqsAction(request) ?? path}`);
    if (action === "loseRequest") return void request.socket.destroy();
    if (typeof action === "object") {
      if (action.delayMs) await sleep(action.delayMs);
      if (action.status) return void response.writeHead(action.status).end();
    }

    const outgoing = http.request({
      agent,
      hostname,
      port,
      method,
      path: url,
      headers: rawHeaders.with(rawHeaders.findIndex(isHost) + 1, hostOf(request)) as never,
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const responseBody = await buffer(incoming);
    const status = incoming.statusCode ?? 500;
    onExchange?.({ method, path, query, headers: request.headers, body, status });
    if (action === "loseResponse") return void request.socket.destroy();
    response.writeHead(status, incoming.rawHeaders).end(responseBody);
  }

  /** A signature covers the Host, so that only an unsigned request gets the server's own. */
  function hostOf({ url = "", headers }: http.IncomingMessage) {
    const isSigned = headers.authorization?.startsWith("AWS4-") || url.includes("X-Amz-Signature=");
    return isSigned ? headers.host! : `${hostname}:${port}`;
  }

  return {
    url: href.replace(`:${port}`, `:${ownPort}`).replace(/\/$/, ""),
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

const isHost = (name: string) => name.toLowerCase() === "host";

/** The name of the SQS action is in a header. */
const sqsAction = ({ headers }: http.IncomingMessage) =>
  headers["x-amz-target"] as string | undefined;

/**
 * A proxy to Postgres that knows where a statement begins and ends: it closes a connection before the
 * server has received a statement, or after the server has completed it and before the response is
 * forwarded. Messages that set a connection up do not count as calls.
 */
export async function faultyPostgresProxy(
  databaseUrl: string,
  { decide, startCall }: ProxyOptions,
) {
  const { hostname, port, href } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    /** One for each statement that the server is executing, in order. */
    const running: { action: Action; endCall: (() => void) | undefined }[] = [];
    let isReady = false;
    const buffered: Buffer[] = [];
    let statement = "";

    const disconnect = () => {
      client.destroy();
      upstream.destroy();
      for (const { endCall } of running.splice(0)) endCall?.();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", disconnect);
      socket.on("close", () => {
        sockets.delete(socket);
        disconnect();
      });
    }

    const forward = () => void upstream.write(Buffer.concat(buffered.splice(0)));
    client.on(
      "data",
      onMessages({ startsUntyped: true }, (type, message) => {
        if (client.destroyed) return;
        buffered.push(message);
        if (type === "P" || type === "Q") statement = textOf(type, message) || statement;
        if (type === "Q" || type === "S") {
          const action = decide("Postgres", statement);
          if (action === "loseRequest") return disconnect();
          running.push({ action, endCall: startCall?.() });
          forward();
        } else if (!extendedQueryMessages.includes(type)) forward();
      }),
    );
    upstream.on(
      "data",
      onMessages({ startsUntyped: false }, (type, message) => {
        if (running[0]?.action !== "loseResponse" && !client.destroyed) client.write(message);
        if (type !== "Z") return;
        if (!isReady) {
          isReady = true;
          return;
        }
        const ended = running.shift();
        ended?.endCall?.();
        if (ended?.action === "loseResponse") disconnect();
      }),
    );
  });
  const ownPort = await listen(server);

  return {
    url: href.replace(`:${port}`, `:${ownPort}`),
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Parse, Bind, Describe, Execute, Close: the server executes them, so the proxy buffers them until Sync. */
const extendedQueryMessages = ["P", "B", "D", "E", "C"];

/** The first 60 characters of a statement, on one line. */
function textOf(type: "P" | "Q", message: Buffer) {
  const [first = "", second = ""] = message.toString("utf8", 5).split("\0");
  return (type === "Q" ? first : second).trim().replaceAll(/\s+/g, " ").slice(0, 60);
}

async function listen(server: Server | http.Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
