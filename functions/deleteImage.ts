import * as images from "@keepsake/core/images/images";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/services.ts";

/** `DELETE /images/{image_id}`: an image in whatever state. */
export const handler = endpoint("deleteImage", (input) => images.remove({ sql: sql() }, input));
