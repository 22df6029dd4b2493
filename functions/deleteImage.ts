import * as images from "@keepsake/core/images/images";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /images/{image_id}`: deletes an image in any state. */
export const handler = endpoint("deleteImage", (input) => images.remove({ sql: sql() }, input));
