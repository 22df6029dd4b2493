import * as images from "@keepsake/core/images/images";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `GET /images`: the caller's images, newest first. */
export const handler = endpoint("listImages", (input) => images.list({ sql: sql() }, input));
