import * as uploads from "@keepsake/core/uploads/completeUpload";
import { endpoint } from "./runtime/endpoint.ts";
import { sql, uploadPresigner } from "./services/services.ts";

/** `POST /uploads`: a URL that takes one file, once. */
export const handler = endpoint("presignUpload", (input) =>
  uploads.presign({ sql: sql(), uploadPresigner: uploadPresigner() }, input),
);
