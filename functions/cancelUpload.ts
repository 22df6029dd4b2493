import { uploadRoutes } from "@keepsake/contract/api/uploads";
import { cancelUpload } from "@keepsake/core/uploads/cancelUpload";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /uploads/{upload_id}`: cancels an upload that is not published. */
export const handler = authenticatedEndpoint("cancelUpload", uploadRoutes.cancelUpload, (input) =>
  cancelUpload({ sql: sql() }, input),
);
