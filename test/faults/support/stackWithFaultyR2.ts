import { inject } from "vitest";
import { testStack } from "../../support/stack.ts";
import { faultyHttpProxy } from "./faultyProxies.ts";

/** A stack without consumers, and the proxy through which it reaches R2. Stop both, the stack first. */
export async function stackWithFaultyR2(faults: Parameters<typeof faultyHttpProxy>[2]) {
  const backends = inject("backends");
  const r2 = await faultyHttpProxy("R2", backends.r2.endpoint, faults);
  const stack = await testStack({
    consume: false,
    backends: { r2: { ...backends.r2, endpoint: r2.url } },
  });
  return { stack, r2 };
}
