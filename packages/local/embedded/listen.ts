import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Listens on 127.0.0.1 at the preferred port, or at any free port when it is taken. Resolves to the port. */
export async function listen(server: Server, preferredPort: number) {
  try {
    return await bind(server, preferredPort);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return bind(server, 0);
  }
}

/** A free port for a process that binds it itself: the preferred one, or another when it is taken. */
export async function freePort(preferredPort = 0) {
  const server = createServer();
  const port = await listen(server, preferredPort);
  server.close();
  await once(server, "close");
  return port;
}

/** Listens on 127.0.0.1 at exactly this port, 0 for any. Resolves to the port; throws when it is taken. */
export async function bind(server: Server, port: number) {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("The server listens on no TCP port");
  return address.port;
}
