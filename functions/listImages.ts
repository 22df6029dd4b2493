import { imageRoutes } from "@keepsake/contract/api/images";
import * as images from "@keepsake/core/images/images";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /images`: the caller's images, newest first. */
export const handler = authenticatedEndpoint("listImages", imageRoutes.listImages, (input) =>
  images.list({ sql: sql(), privateUrls: privateUrls() }, input),
);
