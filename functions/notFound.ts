import { noRoute } from "./edge/http.ts";

/** `$default`: whatever no route matches. */
export const handler = noRoute();
