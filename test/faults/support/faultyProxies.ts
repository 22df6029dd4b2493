import { once } from "node:events";
import * as http from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** What becomes of a call: passed on, refused before its effect, or done with the answer lost. */
export type Verdict = "pass" | "before" | "after" | Answer;
/** Answered by the wire itself, or passed on late. */
export type Answer = { status?: number; delayMs?: number };
export type Decide = (system: string, call: string) => Verdict;

/** Every way in which a call goes wrong, in words for people. */
export const faults = {
  before: "the call is lost on its way",
  after: "the call is done and its answer lost",
  down: "the system called is down from this call on",
  dead: "the process dies at this call: nothing it does comes through any more",
} as const;

export type Fault = { kind: keyof typeof faults; at: number };

/** Counts the calls of one piece of work, whatever they are, and lets one of them go wrong. */
export function faultPlan() {
  let watched: { fault: Fault | undefined; calls: string[]; struck?: string } | undefined;
  let open = 0;

  return {
    /** Resolves to how the work ended and to every call it made. */
    async during<T>(work: () => Promise<T>, fault?: Fault) {
      watched = { fault, calls: [] };
      const [outcome] = await Promise.allSettled([work()]);
      // what the work left running belongs to it, and a cut connection must be noticed by its owner
      do await sleep(3);
      while (open > 0);
      const { calls, struck } = watched;
      watched = undefined;
      return { outcome, calls, struck };
    },
    decide(system: string, call: string): Verdict {
      if (!watched) return "pass";
      const { fault, calls } = watched;
      const at = calls.push(`${system}: ${call}`) - 1;
      if (!fault || at < fault.at) return "pass";
      if (at === fault.at) {
        watched.struck = system;
        return fault.kind === "after" ? "after" : "before";
      }
      const isLost = fault.kind === "dead" || (fault.kind === "down" && system === watched.struck);
      return isLost ? "before" : "pass";
    },
    /** A call that is under way, until what it returns is called. */
    enter() {
      open += 1;
      return () => {
        open -= 1;
      };
    },
  };
}

export type Wire = Awaited<ReturnType<typeof httpWire>>;

type Exchange = {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Buffer;
  status: number;
};

type WireOptions = {
  decide: Decide;
  enter?: () => () => void;
  /** Told of every request that had its effect. */
  watch?: (exchange: Exchange) => void;
};

/** A wire to an HTTP server on loopback, that loses whole requests or whole answers. */
export async function httpWire(
  system: string,
  target: string,
  { decide, enter, watch }: WireOptions,
) {
  const { hostname, port, href } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    const leave = enter?.();
    pass(request, response)
      .catch(() => request.socket.destroy())
      .finally(leave);
  });
  server.keepAliveTimeout = 60_000;
  const own = await listen(server);

  async function pass(request: http.IncomingMessage, response: http.ServerResponse) {
    const { method = "", url = "/", rawHeaders } = request;
    const { pathname: path, searchParams: query } = new URL(url, "http://wire");
    const body = await buffer(request);
    const verdict = decide(system, `${method} ${action(request) ?? path}`);
    if (verdict === "before") return void request.socket.destroy();
    if (typeof verdict === "object") {
      if (verdict.delayMs) await sleep(verdict.delayMs);
      if (verdict.status) return void response.writeHead(verdict.status).end();
    }

    const outgoing = http.request({
      agent,
      hostname,
      port,
      method,
      path: url,
      headers: rawHeaders as never, // signed as they are, the host too
    });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const answered = await buffer(answer);
    const status = answer.statusCode ?? 500;
    watch?.({ method, path, query, body, status });
    if (verdict === "after") return void request.socket.destroy();
    response.writeHead(status, answer.rawHeaders).end(answered);
  }

  return {
    url: href.replace(`:${port}`, `:${own}`).replace(/\/$/, ""),
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** SQS says in a header what it is asked for. */
const action = ({ headers }: http.IncomingMessage) => headers["x-amz-target"] as string | undefined;

/**
 * A wire to Postgres that knows where a statement begins and ends: it cuts a connection before the
 * server has seen a statement, or once the server is done with it and before the answer is passed back.
 * What sets a connection up is no call.
 */
export async function postgresWire(databaseUrl: string, { decide, enter }: WireOptions) {
  const { hostname, port, href } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    /** Of the statements that the server works on, in order. */
    const running: { verdict: Verdict; leave: (() => void) | undefined }[] = [];
    let isReady = false;
    const held: Buffer[] = [];
    let statement = "";

    const cut = () => {
      near.destroy();
      far.destroy();
      for (const { leave } of running.splice(0)) leave?.();
    };
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }

    const forward = () => void far.write(Buffer.concat(held.splice(0)));
    near.on(
      "data",
      split({ startsPlain: true }, (type, message) => {
        if (near.destroyed) return;
        held.push(message);
        if (type === "P" || type === "Q") statement = textOf(type, message) || statement;
        if (type === "Q" || type === "S") {
          const verdict = decide("Postgres", statement);
          if (verdict === "before") return cut();
          running.push({ verdict, leave: enter?.() });
          forward();
        } else if (!partsOfStatement.includes(type)) forward();
      }),
    );
    far.on(
      "data",
      split({ startsPlain: false }, (type, message) => {
        if (running[0]?.verdict !== "after" && !near.destroyed) near.write(message);
        if (type !== "Z") return;
        if (!isReady) {
          isReady = true;
          return;
        }
        const ended = running.shift();
        ended?.leave?.();
        if (ended?.verdict === "after") cut();
      }),
    );
  });
  const own = await listen(server);

  return {
    url: href.replace(`:${port}`, `:${own}`),
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Parse, Bind, Describe, Execute, Close: the server acts on them, so they wait for their Sync. */
const partsOfStatement = ["P", "B", "D", "E", "C"];

/** The first words of a statement, in one line. */
function textOf(type: "P" | "Q", message: Buffer) {
  const [first = "", second = ""] = message.toString("utf8", 5).split("\0");
  return (type === "Q" ? first : second).trim().replaceAll(/\s+/g, " ").slice(0, 60);
}

/** Cuts a stream of Postgres into its messages. The first of a client has no type. */
function split(
  { startsPlain }: { startsPlain: boolean },
  take: (type: string, message: Buffer) => void,
) {
  let rest: Buffer = Buffer.alloc(0);
  let isPlain = startsPlain;
  return (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const lengthAt = isPlain ? 0 : 1;
      if (rest.length < lengthAt + 4) return;
      const length = lengthAt + rest.readUInt32BE(lengthAt);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      const type = isPlain ? "" : String.fromCharCode(message[0]!);
      rest = rest.subarray(length);
      isPlain = false;
      take(type, message);
    }
  };
}

async function listen(server: Server | http.Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
