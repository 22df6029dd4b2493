import { joinRuns } from "./joinRuns.ts";
import type { Row } from "./measurement.ts";
import type { MeasuredRow } from "./performanceDocument.ts";
import { checkResult, isMet, type Result } from "./result.ts";
import type { Environment } from "./startEnvironment.ts";
import { withTimeLimit } from "./timeLimit.ts";

/** Measures a row as often as `runs` says, with new processes each time. */
export async function measureRow(
  row: Row,
  environment: Environment,
  runs: 1 | 2,
): Promise<MeasuredRow> {
  const started = performance.now();
  process.stderr.write(`${row.title} … `);
  const { minutes = 5 } = row;
  const measured = await withTimeLimit(`The row ${row.name}`, minutes * 60, async () => {
    const prepared = await row.prepare?.(environment);
    await resetProcesses(environment);
    let result = await runOnce(row, environment, prepared);
    if (runs === 2) {
      await resetProcesses(environment);
      result = joinRuns(result, await runOnce(row, environment, prepared));
    }
    return { title: row.title, result, ...(await whyMissed(result, environment)) };
  }).catch((cause) => {
    throw new Error(`The row ${row.name} failed`, { cause });
  });
  await resetProcesses(environment);
  process.stderr.write(`${Math.round((performance.now() - started) / 1_000)} s\n`);
  return measured;
}

async function runOnce(row: Row, environment: Environment, prepared: unknown): Promise<Result> {
  const result = await row.measure(environment, prepared);
  checkResult(row.name, result);
  return result;
}

/** What explains a missed goal, of the processes that still run. */
async function whyMissed({ goals, profile, steps }: Result, { isBrief }: Environment) {
  if (isBrief || goals.every(isMet)) return {};
  return {
    ...(profile && { profile: await profile() }),
    ...(steps && { steps: await steps() }),
  };
}

async function resetProcesses({ store, stopProcesses }: Environment) {
  await store.call("configure", {});
  await stopProcesses();
}
