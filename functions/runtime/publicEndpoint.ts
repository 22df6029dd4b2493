import type { api, Input, Output } from "@keepsake/contract/api";
import type { RouteName, routes } from "@keepsake/contract/routes";
import { routeHandler } from "./routeHandler.ts";

type PublicRoute = {
  [Name in RouteName]: (typeof routes)[Name]["access"] extends "public" ? Name : never;
}[RouteName];

/** Turns a verb into the Lambda of a route that anyone may call: see `routeHandler.ts`. */
export const publicEndpoint = <Name extends PublicRoute>(
  name: Name,
  endpoint: (typeof api)[Name],
  run: (input: Input<Name>) => Promise<Output<Name>>,
) => routeHandler(name, endpoint, undefined, run);
