import type * as z from "zod/mini";
import { characterRoutes } from "./api/characters.ts";
import { datasetRoutes } from "./api/datasets.ts";
import type { Endpoint } from "./api/endpoint.ts";
import { exportRoutes } from "./api/exports.ts";
import { imageRoutes } from "./api/images.ts";
import { ownerRoutes } from "./api/owner.ts";
import { rehostRoutes } from "./api/rehosts.ts";
import { systemRoutes } from "./api/system.ts";
import { telegramRoutes } from "./api/telegram.ts";
import { uploadRoutes } from "./api/uploads.ts";
import { worldRoutes } from "./api/worlds.ts";
import type { RouteName } from "./routes.ts";

export { type CharacterEvent, CharacterStreamRequest } from "./api/characters.ts";
export type { Endpoint } from "./api/endpoint.ts";
export { ErrorResponse } from "./api/errorResponse.ts";

/**
 * The request and response of each route, which are in `api/`, in a file for each noun. A route without an entry does
 * not compile. Schemas are created on use, so that a function creates only those of its own route.
 */
export const api = {
  ...characterRoutes,
  ...worldRoutes,
  ...uploadRoutes,
  ...imageRoutes,
  ...datasetRoutes,
  ...exportRoutes,
  ...rehostRoutes,
  ...telegramRoutes,
  ...ownerRoutes,
  ...systemRoutes,
} as const satisfies Record<RouteName, Endpoint>;

type Api = typeof api;
type RequestParts<Name extends RouteName> = ReturnType<
  Extract<Api[Name][keyof Api[Name] & ("path" | "query" | "body")], () => z.ZodMiniObject>
>;
type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** A route's path parameters, query and body in one object, as the verb receives them. */
export type Input<Name extends RouteName> = Intersection<z.output<RequestParts<Name>>>;
/** The same before validation, as a caller sends it. */
export type Sent<Name extends RouteName> = Intersection<z.input<RequestParts<Name>>>;
export type Output<Name extends RouteName> =
  | z.output<ReturnType<Api[Name]["output"]>>
  | OtherOutput<Api[Name]>;
type OtherOutput<Route> = Route extends { instead: { output: () => infer Schema } }
  ? z.output<Schema>
  : never;
