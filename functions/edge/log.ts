import { Logger } from "@aws-lambda-powertools/logger";

/** Structured JSON logs. What is logged is named field by field: never an event, a body or a row. */
export const logger = new Logger({ serviceName: "keepsake" });

/**
 * What a log may hold of an error. Database errors carry rows in their other fields, and rows carry
 * images.
 */
export function describe(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack, cause } = error;
  return {
    name,
    message: message.slice(0, 1_000),
    stack: stack?.slice(0, 4_000),
    ...(cause !== undefined && { cause: describe(cause) }),
  };
}
