import type * as z from "zod/mini";
import { logger, serializeError } from "./log.ts";

/**
 * Turns a verb into a function that the scheduler invokes. It can also be invoked manually, with an event
 * that the schema accepts.
 */
export function scheduled<Schema extends z.ZodMiniType>(
  name: string,
  schema: Schema,
  run: (event: z.output<Schema>) => Promise<object>,
) {
  return async (event: unknown) => {
    try {
      const report = await run(schema.parse(event));
      logger.info(name, { report });
      return report;
    } catch (error) {
      logger.error(`${name} failed`, { error: serializeError(error) });
      throw error;
    }
  };
}
