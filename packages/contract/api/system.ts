import * as z from "zod/mini";
import type { RouteName } from "../routes.ts";
import type { Endpoint } from "./endpoint.ts";

export const systemRoutes = {
  openapi: {
    summary: "This document.",
    output: () => z.record(z.string(), z.unknown()),
    status: 200,
  },
  health: {
    summary:
      "Checks that the API and its database respond; `pending` when the database lacks a migration of this release.",
    output: () => z.object({ status: z.literal("ok"), migrations: z.enum(["applied", "pending"]) }),
    status: 200,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
