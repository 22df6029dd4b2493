import { inject } from "vitest";
import { alteringProxy } from "./alteringProxy.ts";
import { testStack } from "./stack.ts";

/** A stack without consumers, and the proxy through which it reaches R2. Stop both, the stack first. */
export async function stackWithAlteredR2() {
  const backends = inject("backends");
  const r2 = await alteringProxy(backends.r2.endpoint);
  const stack = await testStack({
    consume: false,
    backends: { r2: { ...backends.r2, endpoint: r2.url } },
  });
  return { stack, r2 };
}
