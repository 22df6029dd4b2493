import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { defaultRehostHosts } from "@keepsake/contract/rehostHosts";
import { embeddedImageHosts } from "@keepsake/local/embedded/imageHosts/embeddedImageHosts";
import { type ProviderName, providers } from "@keepsake/local/embedded/imageHosts/providerUrls";
import { test as base } from "vitest";
import { captureOutput } from "./capturedOutput.ts";
import { newOwner, testStack } from "./stack.ts";

export const providerNames = Object.keys(providers) as ProviderName[];

/** A host of the list whose answers a test sets. */
const ownHost = "images.test.example";

/**
 * Vitest's `test` with the whole system but its consumers, the stand-in for the providers' hosts, whose time is
 * `clock.now`, and a host that answers as a test says. `logs` holds all that the functions logged.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("logs", { scope: "file" }, ({}, { onCleanup }) => {
    process.env.LOG_LEVEL = "INFO";
    const logs = captureOutput();
    onCleanup(logs.restore);
    return logs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("clock", { scope: "file" }, ({}) => ({ now: Date.parse("2026-11-22T00:00:00Z") }))
  .extend("imageHosts", { scope: "file" }, async ({ clock }, { onCleanup }) => {
    const hosts = await embeddedImageHosts({ port: 0, now: () => clock.now });
    onCleanup(() => hosts.stop());
    return hosts;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("host", { scope: "file" }, async ({}, { onCleanup }) => {
    const host = await startHost();
    onCleanup(() => host.stop());
    return host;
  })
  .extend("stack", { scope: "file" }, async ({ imageHosts, host, logs: _ }, { onCleanup }) => {
    const hosts = [...defaultRehostHosts, providers.sample.host, ownHost, "localhost"];
    const standIns = { ...imageHosts.standIns(providerNames), [ownHost]: host.origin };
    const stack = await testStack({
      consume: false,
      rehostHosts: { hosts, standIns },
      discordOrigins: [host.origin],
    });
    onCleanup(() => stack.stop());
    return stack;
  })
  .extend("owner", ({ stack }) => newOwner(stack));

async function startHost() {
  const notFound: RequestListener = (_, response) => response.writeHead(404).end();
  const host = { answer: notFound };
  const server = createServer((request, response) => host.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let last = 0;
  return Object.assign(host, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** A URL at it that no other test has. */
    url: (query = "") => `https://${ownHost}/${++last}.png${query}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  });
}
