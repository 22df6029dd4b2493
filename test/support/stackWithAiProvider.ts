import { test as base } from "vitest";
import { openAi } from "./openai.ts";
import { newOwner, testStack } from "./stack.ts";

/** Vitest's `test` with the whole system on a stand-in for an AI provider. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("provider", { scope: "file" }, async ({}, { onCleanup }) => {
    const provider = await openAi();
    onCleanup(() => provider.stop());
    return provider;
  })
  .extend("stack", { scope: "file" }, async ({ provider }, { onCleanup }) => {
    const stack = await testStack({ ai: linkTo(provider) });
    onCleanup(() => stack.stop());
    return stack;
  })
  .extend("owner", ({ stack }) => newOwner(stack));

// started in a hook, which may take 60 s, and not within the first test's 20 s
test.beforeAll(({ stack }) => void stack);

export function linkTo({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }) {
  return { baseUrl, apiKey, textModel: "text-model", imageModel: "image-model" };
}
