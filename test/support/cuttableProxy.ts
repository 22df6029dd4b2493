import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy to another address on loopback. `cut` closes it; `restore` opens it again on the same port. */
export async function cuttableProxy(target: string) {
  const { hostname, port, href } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const ownPort = await listen(0);

  const cut = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  };
  return {
    url: href.replace(`:${port}`, `:${ownPort}`).replace(/\/$/, ""),
    cut,
    restore: () => listen(ownPort),
    stop: () => (server.listening ? cut() : Promise.resolve()),
  };
}
