import type { api, Input, Output } from "@keepsake/contract/api";
import { type RouteName, routes } from "@keepsake/contract/routes";
import type { Idempotency } from "@keepsake/core/requests/claimIdempotencyKey";
import { authenticate } from "../services/authentication.ts";
import type { Caller } from "./authentication/caller.ts";
import { type Invocation, routeHandler } from "./routeHandler.ts";

type RequestContext<Name extends RouteName> = (typeof routes)[Name]["access"] extends "service"
  ? { key_id: string }
  : Caller & { idempotency?: Idempotency | undefined };

/** Turns a verb into the Lambda of a route that needs a credential: see `routeHandler.ts`. */
export const authenticatedEndpoint = <Name extends RouteName>(
  name: Name,
  endpoint: (typeof api)[Name],
  run: (input: Input<Name> & RequestContext<Name>, invocation: Invocation) => Promise<Output<Name>>,
) =>
  routeHandler(
    name,
    endpoint,
    routes[name].access === "service"
      ? async ({ headers }) => ({ key_id: await authenticate().service(headers) })
      : ({ headers }) => authenticate().user(headers),
    run,
  );
