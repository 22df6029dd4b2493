import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, vi } from "vitest";
import { test } from "../support/stackWithPlatforms.ts";

test("a request that its client aborts while sending prints nothing in the terminal", async ({
  stack,
  telegram,
}) => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  const targets = [
    `${stack.api}/worlds`,
    `${stack.api}/telegram/webhook`,
    stack.stream,
    `${telegram.api}/bot${telegram.botToken}/sendMessage`,
    `${stack.cdn}/images/none.png`,
  ];
  for (const target of targets) {
    const { hostname, port, pathname, host } = new URL(target);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: 1000\r\n\r\n{"theme":`);
    await sleep(50);
    socket.resetAndDestroy();
    await once(socket, "close");
  }
  await sleep(300);

  expect(printed.mock.calls).toEqual([]);
  printed.mockRestore();
  expect((await fetch(`${stack.api}/health`)).status).toBe(200);
});
