import { imageRoutes } from "@keepsake/contract/api/images";
import * as images from "@keepsake/core/images/images";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /images/{image_id}`: deletes an image in any state. */
export const handler = authenticatedEndpoint("deleteImage", imageRoutes.deleteImage, (input) =>
  images.remove({ sql: sql() }, input),
);
