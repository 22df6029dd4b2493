import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { chromiumOptions } from "../../test/support/browser.ts";

// biome-ignore lint/suspicious/noExplicitAny: the protocol's answers
type Result = Record<string, any>;
type Message = { id?: number; method?: string; params?: Result; result?: Result; error?: Result };

type Options = {
  width: number;
  height: number;
  /** Draws as a browser does on a machine without a GPU: in the renderer. */
  isSoftware: boolean;
};

/** Draws in the GPU's process, as browsers do where there is a GPU; SwiftShader stands in for it. */
const gpuProcess = [
  ...["--enable-gpu-rasterization", "--ignore-gpu-blocklist", "--use-gl=angle"],
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
];

export type Page = Awaited<ReturnType<typeof openPage>>;

/**
 * A page of a browser of its own, with its data in `directory`, driven over the DevTools protocol without Playwright: that
 * turns on domains whose records count in the renderer's memory, such as the bodies of all responses.
 */
export async function openPage(directory: string, { width, height, isSoftware }: Options) {
  const { executablePath = chromium.executablePath(), args } = await chromiumOptions();
  const own = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${directory}`];
  const drawing = isSoftware ? [] : gpuProcess;
  const flags = [
    ...args,
    ...own,
    ...drawing,
    "--no-first-run",
    `--window-size=${width},${height}`,
    "about:blank",
  ];
  const browser = spawn(executablePath, flags, { stdio: "ignore" });
  const ended = once(browser, "exit");
  const socket = await connect(directory);
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let lastId = 0;
  socket.addEventListener("message", ({ data }) => {
    const message: Message = JSON.parse(String(data));
    if (message.id === undefined) for (const listener of [...listeners]) listener(message);
    else waiting.get(message.id)?.(message);
  });

  async function sendTo(sessionId: string | undefined, method: string, params: object = {}) {
    lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Message>();
    waiting.set(lastId, resolve);
    socket.send(JSON.stringify({ id: lastId, method, params, ...(sessionId && { sessionId }) }));
    const { id, result, error } = await promise;
    waiting.delete(id!);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result!;
  }
  const sendToBrowser = (method: string, params?: object) => sendTo(undefined, method, params);
  const { targetInfos } = await sendToBrowser("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }: Result) => type === "page");
  const { sessionId } = await sendToBrowser("Target.attachToTarget", { targetId, flatten: true });
  const send = (method: string, params?: object) => sendTo(sessionId, method, params);
  const size = { width, height, deviceScaleFactor: 1, mobile: false };
  await send("Emulation.setDeviceMetricsOverride", size);

  await send("Page.enable");
  function event(method: string): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<Result>();
    const listener = (message: Message) => {
      if (message.method !== method) return;
      listeners.delete(listener);
      resolve(message.params!);
    };
    listeners.add(listener);
    return promise;
  }

  return {
    send,
    sendToBrowser,
    /** Resolves to the parameters of the next event with this name. */
    event,
    async navigate(url: string) {
      const loaded = event("Page.loadEventFired");
      await send("Page.navigate", { url });
      await loaded;
    },
    /** Runs a function in the page with an argument that is JSON. */
    async evaluate<Argument, Value>(run: (argument: Argument) => Value, argument?: Argument) {
      const expression = `(${run})(${JSON.stringify(argument)})`;
      const options = { expression, returnByValue: true, awaitPromise: true };
      const { result, exceptionDetails } = await send("Runtime.evaluate", options);
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
      return result.value as Awaited<Value>;
    },
    async close() {
      socket.close();
      browser.kill("SIGTERM");
      await ended;
    },
  };
}

/** To the browser that has its data in this directory, and writes its address there once it listens. */
async function connect(directory: string): Promise<WebSocket> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const [port, path] = (await readFile(join(directory, "DevToolsActivePort"), "utf8")).split(
        "\n",
      );
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
      await once(socket, "open");
      return socket;
    } catch (error) {
      if (attempt === 200) throw error;
      await sleep(100);
    }
  }
}
