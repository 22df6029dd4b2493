import { imageRoutes } from "@keepsake/contract/api/images";
import * as images from "@keepsake/core/images/images";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `PATCH /images/{image_id}`: changes what is said about an image. */
export const handler = authenticatedEndpoint("updateImage", imageRoutes.updateImage, (input) =>
  images.update({ sql: sql(), privateUrls: privateUrls() }, input),
);
