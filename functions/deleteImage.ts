import * as images from "@keepsake/core/images/images";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `DELETE /images/{image_id}`: an image in whatever state. */
export const handler = endpoint("deleteImage", (input) => images.remove({ sql: sql() }, input));
