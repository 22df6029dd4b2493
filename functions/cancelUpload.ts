import { cancelUpload } from "@keepsake/core/uploads/cancelUpload";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /uploads/{upload_id}`: cancels an upload that is not published. */
export const handler = endpoint("cancelUpload", (input) => cancelUpload({ sql: sql() }, input));
