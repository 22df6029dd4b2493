import { AppError } from "@keepsake/contract/errors";
import type * as z from "zod/mini";

const maxIssues = 10;
const maxMessageChars = 300;

/** The parsed value; throws `input.invalid`, which lists at most ten problems by their paths. */
export function validate<Schema extends z.ZodMiniType>(
  schema: Schema | undefined,
  value: unknown,
): z.output<Schema> {
  if (!schema) return {} as z.output<Schema>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, maxIssues).map(({ path, message }) => ({
    path: path
      .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
      .join("")
      .replace(/^\./, ""),
    message: message.slice(0, maxMessageChars),
  }));
  const [first] = issues;
  throw new AppError("input.invalid", `${first?.path || "The request"}: ${first?.message}`, {
    details: { issues },
  });
}
