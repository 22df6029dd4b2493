import * as z from "zod/mini";
import { type ErrorCode, statuses } from "../errors.ts";
import { lazy } from "../schemas.ts";

/** The body of every error response. Its OpenAPI component is named `Refusal`. */
export const ErrorResponse = lazy(() =>
  z
    .object({
      error: z.object({
        code: z.enum(Object.keys(statuses) as [ErrorCode, ...ErrorCode[]]),
        message: z.string().check(z.describe("What to do next.")),
        details: z.optional(z.record(z.string(), z.unknown())),
        request_id: z.string(),
      }),
    })
    .check(z.meta({ id: "Refusal" })),
);
