import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import dns, { Resolver } from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { httpRequest, readBody } from "@keepsake/adapters/httpRequest";
import { download } from "@keepsake/adapters/platforms/download";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import { describe, expect, onTestFinished, test, vi } from "vitest";

const deadlineMs = 200;
/** What a busy machine may add to a deadline. */
const slackMs = 1_500;

/** What a server sends to a client that has connected, until the connection closes. */
const servers: [string, (socket: Socket) => void][] = [
  ["never answers", () => {}],
  [
    "switches protocols and says nothing more",
    (socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
  ],
  [
    "switches protocols and keeps sending",
    (socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
      repeat(socket, "frames ".repeat(1_000));
    },
  ],
  [
    "says 101 without naming a protocol",
    (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
  ],
  ["says again and again to continue", (socket) => repeat(socket, "HTTP/1.1 100 Continue\r\n\r\n")],
  [
    "floods with early hints",
    (socket) =>
      repeat(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n".repeat(1_000), 1),
  ],
  ["says that it is processing, once", (socket) => socket.write("HTTP/1.1 102 Processing\r\n\r\n")],
  [
    "sends one header after another",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      repeat(socket, "x-a: b\r\n");
    },
  ],
  ["sends its status line a letter at a time", (socket) => letters(socket, "HTTP/1.1 200 OK")],
  [
    "sends a header without an end",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx-a: ");
      repeat(socket, "x");
    },
  ],
  [
    "sends its body a byte at a time",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      repeat(socket, "x");
    },
  ],
  [
    "sends its body in chunks of a byte",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      repeat(socket, "1\r\nx\r\n");
    },
  ],
  [
    "never ends its last chunk's trailers",
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
      repeat(socket, "x-a: b\r\n");
    },
  ],
  [
    "stops in the middle of its body",
    (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
  ],
];

describe.each(["http:", "https:"])("a download over %s", (protocol) => {
  // over https the same bytes arrive in place of the TLS handshake, which then fails or never ends
  test.for(servers)("ends by its deadline when the server %s", async ([, answer], { expect }) => {
    const server = await serve(answer);
    const url = new URL(`${protocol}//127.0.0.1:${server.port}/a.png`);

    const { error, ms } = await timed(
      download(url, {
        maxBytes: 1_000_000,
        deadlineMs,
        allowedOrigin: url.origin,
        what: "The file",
      }),
    );

    expect(error).toBeInstanceOf(RetryableError);
    expect(ms).toBeLessThan(deadlineMs + slackMs);
    await server.expectNoSocketOpen();
  });
});

describe("a call of an API", () => {
  test.for(servers)("ends by its deadline when the server %s", async ([, answer], { expect }) => {
    const server = await serve(answer);
    const options = { what: "sendMessage", deadlineMs, body: JSON.stringify({ text: "Hello" }) };

    const { error, ms } = await timed(
      httpRequest(
        new URL(`http://127.0.0.1:${server.port}/sendMessage`),
        options,
        async (response) => {
          if (response.statusCode !== 200) throw new RetryableError("not understood");
          return readBody(response, 1_000_000);
        },
      ),
    );

    expect(error).toBeInstanceOf(RetryableError);
    expect(ms).toBeLessThan(deadlineMs + slackMs);
    await server.expectNoSocketOpen();
  });

  test("ends by its deadline when what handles the response never does", async () => {
    const server = await serve((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone"),
    );
    const url = new URL(`http://127.0.0.1:${server.port}/`);

    const { error, ms } = await timed(
      httpRequest(url, { what: "The call", deadlineMs }, () => new Promise(() => {})),
    );

    expect(String(error)).toContain(`The call took longer than ${deadlineMs} ms`);
    expect(ms).toBeLessThan(deadlineMs + slackMs);
    await server.expectNoSocketOpen();
  });
});

describe("a connection that does not come about ends by the deadline", () => {
  test.for(["http:", "https:"])(
    "when %s connects to a server that accepts nothing",
    async (protocol) => {
      const port = await serveWithoutAccepting();
      const url = new URL(`${protocol}//127.0.0.1:${port}/`);
      const connecting = connections();

      const { error, ms } = await timed(
        httpRequest(url, { what: "The call", deadlineMs }, (response) => readBody(response, 1_000)),
      );

      expect(String(error)).toContain(`The call took longer than ${deadlineMs} ms`);
      expect(ms).toBeLessThan(deadlineMs + slackMs);
      await vi.waitFor(() => expect(connections()).toBe(connecting));
    },
  );

  test.for(["http:", "https:"])("when the name server is mute, over %s", async (protocol) => {
    const mute = createSocket("udp4").bind(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${mute.address().port}`]);
    onTestFinished(() => resolver.cancel());
    const lookup = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((
        name: string,
        _: object,
        done: (error: Error | null, addresses: string[]) => void,
      ) => resolver.resolve4(name, done)) as never);
    onTestFinished(() => lookup.mockRestore());
    const asked = once(mute, "message");
    const before = connections();

    const { error, ms } = await timed(
      httpRequest(new URL(`${protocol}//files.example/`), { what: "The call", deadlineMs }, (r) =>
        readBody(r, 1_000),
      ),
    );

    await asked;
    expect(String(error)).toContain(`The call took longer than ${deadlineMs} ms`);
    expect(ms).toBeLessThan(deadlineMs + slackMs);
    expect(connections()).toBeLessThanOrEqual(before);
  });
});

test("a response that arrives in time leaves its connection open for the next call, and no timer", async () => {
  const server = await serve((socket) =>
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone")),
  );
  const url = new URL(`http://127.0.0.1:${server.port}/`);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();

  for (let call = 0; call < 3; call += 1) {
    const options = { what: "The call", deadlineMs: 60_000 };
    expect(`${await httpRequest(url, options, (response) => readBody(response, 100))}`).toBe(
      "done",
    );
    await sleep(10); // the connection goes back to the pool
  }

  expect(server.accepted()).toBe(1);
  expect(timers()).toBeLessThanOrEqual(before + 1); // the pooled connection's own
});

async function timed(call: Promise<unknown>) {
  const started = performance.now();
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { error, ms: performance.now() - started };
}

/** A TCP server that answers each connection with bytes of its own, whatever the client sends. */
async function serve(answer: (socket: Socket) => void) {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
    socket.resume();
    answer(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    async expectNoSocketOpen() {
      expect(accepted).toBeGreaterThan(0);
      await vi.waitFor(() => expect(open.size).toBe(0));
    },
  };
}

/** Sends the same bytes again and again, as fast as they are read, until the connection closes. */
function repeat(socket: Socket, bytes: string, everyMs = 20) {
  const timer = setInterval(() => socket.writableNeedDrain || socket.write(bytes), everyMs);
  socket.once("close", () => clearInterval(timer));
}

function letters(socket: Socket, text: string) {
  let next = 0;
  const timer = setInterval(() => socket.write(text[next++] ?? " "), 50);
  socket.once("close", () => clearInterval(timer));
}

/** A port whose server has stopped accepting, with its backlog full: further connections stay half open. */
async function serveWithoutAccepting(): Promise<number> {
  const program = `
    const server = require("node:net").createServer().listen(0, "127.0.0.1", 1, () => {
      require("node:fs").writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = Number(String((await once(child.stdout, "data"))[0]));
  const { connect } = await import("node:net");
  for (let waiting = 0; waiting < 4; waiting += 1) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
  }
  await sleep(100);
  return port;
}

/** How many connections this process has, or is making. */
const connections = () =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /^(TCPConnectWrap|TCPSocketWrap|GetAddrInfo)/.test(name)).length;
