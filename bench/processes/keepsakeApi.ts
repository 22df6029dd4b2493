import { createClient } from "@keepsake/client";
import type { Backends } from "@keepsake/local/backends";
import { type Stack, startStack } from "@keepsake/local/startStack";
import { cpuWithChildren, handleCalls } from "../support/forkedProcess.ts";

/** The whole API in one process, as `npm start` runs it, on existing backends. */
let stack: Stack;

type StartOptions = {
  backends: Backends;
  consume: boolean;
  discordOrigins?: string[];
  sweepMinutes?: number;
};

handleCalls({
  async start(options: StartOptions) {
    stack = await startStack({ port: 0, webOrigins: [], ...options });
    return { url: stack.api };
  },
  /** A page token for each of `count` users. */
  async tokens({ count }: { count: number }) {
    const { createToken } = createClient({ baseUrl: stack.api, serviceKey: stack.serviceKey });
    const made = Array.from({ length: count }, (_, user) => createToken({ owner: `user-${user}` }));
    return (await Promise.all(made)).map(({ token }) => token);
  },
  cpu: () => process.cpuUsage(),
  cpuWithChildren,
});
