import * as images from "@keepsake/core/images/images";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /images/{image_id}`: one image. */
export const handler = endpoint("getImage", (input) =>
  images.get({ sql: sql(), privateUrls: privateUrls() }, input),
);
