import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A proxy to a Postgres on loopback without TLS that counts what clients execute and how often they wait for
 * an answer. `url` is the database's, through the proxy.
 */
export async function postgresProxy(database: string) {
  const { hostname, port } = new URL(database);
  let counts = { statements: 0, "round trips": 0 };
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    const read = messageTypes((type) => {
      if ("EQ".includes(type)) counts.statements += 1; // Execute, Query
      if ("SHQ".includes(type)) counts["round trips"] += 1; // Sync, Flush, Query
    });
    client.on("data", read).pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: Object.assign(new URL(database), { port: (server.address() as AddressInfo).port }).href,
    /** The counts since the last call. */
    takeCounts() {
      const before = counts;
      counts = { statements: 0, "round trips": 0 };
      return before;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Reads what a client sends, and reports the type of each message but the first, which has none. */
function messageTypes(report: (type: string) => void) {
  let waiting: Buffer = Buffer.alloc(0);
  let skipped = 0;
  let isFirst = true;
  return (chunk: Buffer) => {
    const rest = chunk.subarray(Math.min(skipped, chunk.length));
    skipped -= chunk.length - rest.length;
    waiting = Buffer.concat([waiting, rest]);
    for (;;) {
      const typeBytes = isFirst ? 0 : 1;
      if (waiting.length < typeBytes + 4) return;
      if (!isFirst) report(String.fromCharCode(waiting[0]!));
      isFirst = false;
      const length = typeBytes + waiting.readUInt32BE(typeBytes);
      skipped = Math.max(0, length - waiting.length);
      waiting = waiting.subarray(length);
    }
  };
}
