import * as images from "@keepsake/core/images/images";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /images`: the caller's images, newest first. */
export const handler = endpoint("listImages", (input) =>
  images.list({ sql: sql(), privateUrls: privateUrls() }, input),
);
