import { imageRoutes } from "@keepsake/contract/api/images";
import * as images from "@keepsake/core/images/images";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /images/{image_id}`: one image. */
export const handler = authenticatedEndpoint("getImage", imageRoutes.getImage, (input) =>
  images.get({ sql: sql(), privateUrls: privateUrls() }, input),
);
