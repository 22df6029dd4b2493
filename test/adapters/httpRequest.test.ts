import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { httpRequest, readBody } from "@keepsake/adapters/httpRequest";
import { download } from "@keepsake/adapters/platforms/download";
import { expect, test } from "vitest";

test.each([
  ["a length", true],
  ["no length", false],
])(
  "a response with %s has as many bytes as the limit allows, and not one more",
  async (_, hasLength) => {
    const server = createServer(({ url }, response) => {
      const body = Buffer.alloc(Number(url!.slice(1)), "x");
      if (hasLength) response.setHeader("content-length", body.length);
      response.write(body);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const read = (bytes: number) =>
      httpRequest(
        new URL(`http://127.0.0.1:${port}/${bytes}`),
        { what: "The test", deadlineMs: 10_000 },
        (response) => readBody(response, 100),
      );

    expect((await read(100))?.length).toBe(100);
    expect(await read(101)).toBeUndefined();
    server.close();
    server.closeAllConnections();
  },
);

test("a request that meets a connection just closed by the server is sent again on another one", async () => {
  const requests = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    const count = (requests.get(request.socket) ?? 0) + 1;
    requests.set(request.socket, count);
    if (count > 1) request.socket.destroy();
    else response.end("x");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/`);
  const get = () =>
    httpRequest(url, { what: "The test", deadlineMs: 10_000 }, (response) => readBody(response, 9));

  for (let count = 0; count < 3; count += 1) expect(`${await get()}`).toBe("x");
  server.close();
  server.closeAllConnections();
});

test.each([
  ["401, as for a wrong token,", 401],
  ["206", 206],
])("a download that is answered with %s may succeed later", async (_, status) => {
  const server = createServer((_request, response) => response.writeHead(status).end("x"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/`);
  const options = { maxBytes: 9, deadlineMs: 10_000, allowedOrigin: url.origin, what: "The test" };

  await expect(download(url, options)).rejects.toMatchObject({ name: "RetryableError" });
  server.close();
  server.closeAllConnections();
});
