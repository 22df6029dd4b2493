import type { Input, Output } from "@keepsake/contract/api";
import { type RouteName, routes } from "@keepsake/contract/routes";
import type { Idempotency } from "@keepsake/core/requests/idempotency";
import { authenticate } from "../services/authentication.ts";
import type { Caller } from "./authentication/caller.ts";
import { type Invocation, routeLambda } from "./routeLambda.ts";

type RequestContext<Name extends RouteName> = (typeof routes)[Name]["access"] extends "service"
  ? { key_id: string }
  : Caller & { idempotency?: Idempotency | undefined };

/** Turns a verb into the Lambda of a route that needs a credential: see `routeLambda.ts`. */
export const endpoint = <Name extends RouteName>(
  name: Name,
  run: (input: Input<Name> & RequestContext<Name>, invocation: Invocation) => Promise<Output<Name>>,
) =>
  routeLambda(
    name,
    routes[name].access === "service"
      ? async ({ headers }) => ({ key_id: await authenticate().service(headers) })
      : ({ headers }) => authenticate().user(headers),
    run,
  );
