import type * as z from "zod/mini";

/** The request and response of a route. Schemas are created on use. */
export type Endpoint = {
  summary: string;
  path?: () => z.ZodMiniObject;
  query?: () => z.ZodMiniObject;
  body?: () => z.ZodMiniObject;
  output: () => z.ZodMiniType;
  status: 200 | 201 | 202 | 204;
  /** Another status, for outputs that `when` accepts. They have the form of `output` unless they have their own. */
  instead?: { status: 200; when: (output: never) => boolean; output?: () => z.ZodMiniType };
};
