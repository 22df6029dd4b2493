import * as z from "zod/mini";
import { characters } from "./api/characters.ts";
import { datasets } from "./api/datasets.ts";
import type { Endpoint } from "./api/endpoint.ts";
import { exports } from "./api/exports.ts";
import { images } from "./api/images.ts";
import { owner } from "./api/owner.ts";
import { rehosts } from "./api/rehosts.ts";
import { system } from "./api/system.ts";
import { telegram } from "./api/telegram.ts";
import { uploads } from "./api/uploads.ts";
import { worlds } from "./api/worlds.ts";
import type { RouteName } from "./routes.ts";
import { lazy } from "./schemas.ts";

export { type CharacterEvent, CharacterStreamRequest } from "./api/characters.ts";
export type { Endpoint } from "./api/endpoint.ts";
export { ErrorResponse } from "./api/errorResponse.ts";

/**
 * The request and response of each route, which are in `api/`, in a file for each noun. A route without an entry does
 * not compile. Schemas are created on use, so that a function creates only those of its own route.
 */
export const api = {
  ...characters,
  ...worlds,
  ...uploads,
  ...images,
  ...datasets,
  ...exports,
  ...rehosts,
  ...telegram,
  ...owner,
  ...system,
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

/** For a day, repeats of a request with the same key return the same ids. */
export const IdempotencyKey = lazy(() => z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)));
