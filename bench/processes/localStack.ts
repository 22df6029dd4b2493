import type { Backends } from "@keepsake/local/backends";
import { type Stack, startStack } from "@keepsake/local/stack";
import { childrenCpuMs, handleCalls } from "../support/childProcess.ts";

/** The whole API in one process, as `npm start` runs it, on existing backends. */
let stack: Stack;

type StartOptions = { backends: Backends; consume: boolean; discordOrigins?: string[] };

handleCalls({
  async start(options: StartOptions) {
    stack = await startStack({ port: 0, webOrigins: [], ...options });
    return { url: stack.api };
  },
  /** A token for each of `count` users. */
  tokens: ({ count }: { count: number }) =>
    Promise.all(
      Array.from({ length: count }, async (_, user) => {
        const body = JSON.stringify({ sub: `user-${user}` });
        const response = await fetch(`${stack.api}/dev/token`, { method: "POST", body });
        return ((await response.json()) as { token: string }).token;
      }),
    ),
  cpu: () => process.cpuUsage(),
  /** Milliseconds, of the decoder's process too. */
  cpuWithChildren() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000 + childrenCpuMs();
  },
});
