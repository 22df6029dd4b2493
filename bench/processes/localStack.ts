import type { Backends } from "@keepsake/local/backends";
import { type Stack, startStack } from "@keepsake/local/stack";
import { serve } from "../support/childProcess.ts";

/** The whole API in one process, as `npm start` runs it, on the parts it is given. */
let stack: Stack;

serve({
  async start(options: { parts: Backends; consume: boolean; discordOrigins?: string[] }) {
    stack = await startStack({ port: 0, webOrigins: [], ...options });
    return { url: stack.api };
  },
  /** Tokens of as many users. */
  tokens: ({ count }: { count: number }) =>
    Promise.all(
      Array.from({ length: count }, async (_, user) => {
        const body = JSON.stringify({ sub: `user-${user}` });
        const answer = await fetch(`${stack.api}/dev/token`, { method: "POST", body });
        return ((await answer.json()) as { token: string }).token;
      }),
    ),
  cpu: () => process.cpuUsage(),
});
