import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { png } from "../support/images.ts";
import { sweep, type TestStack } from "../support/stack.ts";
import {
  deliverAllMessages,
  differences,
  type Model,
  newModel,
  runConcurrently,
} from "./support/expectedState.ts";
import type { FaultyHttpProxy } from "./support/faultyProxies.ts";
import { brokenRules, type R2Writes, recordR2Writes } from "./support/invariants.ts";
import { deliverQueued, finishPendingWork, passDays } from "./support/passTime.ts";
import { maxConcurrent, maxSteps, sequence } from "./support/randomCommands.ts";
import { isFull, writeReport } from "./support/reliabilityDocument.ts";
import { stackWithFaultyR2 } from "./support/stackWithFaultyR2.ts";

const runs = isFull ? 300 : 25;

let stack: TestStack;
let r2: FaultyHttpProxy;
let writes: R2Writes;
let pictures: Buffer[];

beforeAll(async () => {
  writes = recordR2Writes(inject("backends").r2);
  ({ stack, r2 } = await stackWithFaultyR2({
    decide: delayed,
    onExchange: writes.onExchange,
  }));
  pictures = await Promise.all(["#aa0000", "#00aa00", "#0000aa"].map((colour) => png(32, colour)));
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

test("in whatever order commands and messages come, what remains is published and what was deleted is gone", {
  timeout: 600_000,
}, async () => {
  let commands = 0;
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      await deleteEverything();
      const model = newModel(stack, pictures);
      for (const step of steps) {
        if (step === "days pass") await letDaysPass(model);
        else {
          commands += step.length;
          await runConcurrently(model, step);
        }
      }
      await deliverAllMessages(model);
      await finishPendingWork(stack, stack.sql);
      await deliverAllMessages(model); // days late
      await finishPendingWork(stack, stack.sql);
      expect([...(await brokenRules(system())), ...(await differences(model))]).toEqual([]);
    }),
    { numRuns: runs },
  );
  process.stdout.write(`interleavings: ${runs} sequences of ${commands} commands\n`);
  writeReport("interleavings", [
    `${runs} random sequences of up to ${maxSteps} steps, each with up to ${maxConcurrent} concurrent commands.`,
  ]);
});

let requests = 0;

/** Delays R2's responses by different times, so that commands overtake each other. */
function delayed() {
  requests += 1;
  return { delayMs: [0, 5, 30][requests % 3]! };
}

async function letDaysPass({ tickets }: Model) {
  for (const ticket of tickets) ticket.isExpired = true;
  await deliverQueued(stack);
  await passDays(stack.sql);
  await sweep(stack);
}

const system = () => {
  const { r2 } = inject("backends");
  return { sql: stack.sql, cdn: stack.cdn, r2, writes, secrets: [r2.secretAccessKey] };
};

/** Also removes what a failed sequence left. */
async function deleteEverything() {
  await stack.sql`truncate worlds, images, requests, erasures cascade`;
  writes.images.clear();
  writes.incoming.clear();
  writes.privateImages.clear();
}
