import type { Context } from "aws-lambda";
import type * as z from "zod/mini";
import { logger, serializeError } from "./log.ts";
import { metricFields } from "./metrics.ts";
import { withRequestId } from "./requestId.ts";
import { measureResources } from "./resourceUsage.ts";

/**
 * Turns a verb into a function that the scheduler invokes. It can also be invoked manually, with an event
 * that the schema accepts. The messages that it queues have the id of its run.
 */
export function scheduled<Schema extends z.ZodMiniType, Report extends object>(
  name: string,
  schema: Schema,
  run: (event: z.output<Schema>) => Promise<Report>,
  metricsOf: (report: Report) => Parameters<typeof metricFields>[0] = () => ({}),
) {
  return (event: unknown, context: Context) =>
    withRequestId(context.awsRequestId, async () => {
      const started = performance.now();
      const resources = measureResources();
      try {
        const report = await run(schema.parse(event));
        const run_ms = Math.round(performance.now() - started);
        logger.info(name, {
          report,
          run_ms,
          ...resources().used,
          ...metricFields(metricsOf(report)),
        });
        return report;
      } catch (error) {
        logger.error(`${name} failed`, { error: serializeError(error) });
        throw error;
      }
    });
}
