import { inject } from "vitest";
import { alteringProxy } from "./alteringProxy.ts";
import { testStack } from "./stack.ts";

type Options = Pick<Parameters<typeof testStack>[0], "telegram" | "discordOrigins">;

/** A stack without consumers, and the proxy through which it reaches R2. Stop both, the stack first. */
export async function stackWithAlteredR2(options: Options = {}) {
  const backends = inject("backends");
  const r2 = await alteringProxy(backends.r2.endpoint);
  const stack = await testStack({
    ...options,
    consume: false,
    backends: { r2: { ...backends.r2, endpoint: r2.url } },
  });
  return { stack, r2 };
}
