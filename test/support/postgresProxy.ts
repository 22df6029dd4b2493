import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onMessages } from "./postgresMessages.ts";

/** `silent` answers nothing and stays open; `resetting` resets the connection at the next message. */
type State = "forwarding" | "silent" | "resetting";

/**
 * A proxy to Postgres that fails as transaction poolers do. A connection on which a query starts before the
 * one before it was answered gets no further answer, ever.
 */
export async function postgresProxy(databaseUrl: string) {
  const { hostname, port, href } = new URL(databaseUrl);
  const connections = new Set<{ state: State; client: Socket }>();
  const sockets = new Set<Socket>();
  /** The state of new connections, or the SQLSTATE with which they are refused. */
  let accepted: State | { refused: string } = "forwarding";
  let opened = 0;
  let pipelined = 0;
  let queries = 0;
  let describedFirst = 0;

  const server = createServer((client) => {
    opened += 1;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        connections.delete(connection);
        client.destroy();
        upstream.destroy();
      });
    }
    const state: State = typeof accepted === "string" ? accepted : "forwarding";
    const connection = { state, client };
    connections.add(connection);
    const refusal = typeof accepted === "string" ? undefined : accepted.refused;
    let isReady = false;

    client.on(
      "data",
      onMessages({ startsUntyped: true }, (type, message) => {
        if (refusal) return void client.end(fatalError(refusal));
        if (connection.state === "resetting") return void client.resetAndDestroy();
        if (type === "P" || type === "Q") queries += 1;
        if (type === "H") describedFirst += 1; // Flush: an answer is wanted before the rest is sent
        if ((type === "P" || type === "Q") && !isReady) {
          pipelined += 1;
          connection.state = "silent";
        }
        if (["P", "Q", "S"].includes(type)) isReady = false;
        if (connection.state !== "silent") upstream.write(message);
      }),
    );
    upstream.on(
      "data",
      onMessages({ startsUntyped: false }, (type, message) => {
        if (connection.state !== "forwarding") return;
        if (type === "Z") isReady = true;
        client.write(message);
      }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const ownPort = (server.address() as AddressInfo).port;

  return {
    url: href.replace(`:${port}`, `:${ownPort}`),
    /** How many connections were opened in all. */
    opened: () => opened,
    /** How many queries were sent in all. */
    queries: () => queries,
    /** How many queries took a round trip to learn the types of their parameters. */
    describedFirst: () => describedFirst,
    /** How many queries started before an earlier one was answered. */
    pipelined: () => pipelined,
    /** Makes the connections that are open fail. */
    fail(state: State) {
      for (const connection of connections) connection.state = state;
    },
    /** Resets the connections that are open, whatever they are doing. */
    reset() {
      for (const { client } of connections) client.resetAndDestroy();
    },
    /** Decides what happens to new connections. */
    accept(next: typeof accepted) {
      accepted = next;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** An ErrorResponse as Postgres sends it to a connection that it does not accept. */
function fatalError(sqlState: string) {
  const fields = `SFATAL\0VFATAL\0C${sqlState}\0MThe connection is refused\0\0`;
  const message = Buffer.alloc(5 + fields.length);
  message.write("E", 0);
  message.writeUInt32BE(4 + fields.length, 1);
  message.write(fields, 5);
  return message;
}
