import { noRoute } from "./runtime/endpoint.ts";

/** `$default`: whatever no route matches. */
export const handler = noRoute();
