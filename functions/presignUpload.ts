import { uploadRoutes } from "@keepsake/contract/api/uploads";
import { presignUpload } from "@keepsake/core/uploads/presignUpload";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { uploadPresigner } from "./services/uploadPresigner.ts";

/** `POST /uploads`: a presigned URL that accepts one file, once. */
export const handler = authenticatedEndpoint("presignUpload", uploadRoutes.presignUpload, (input) =>
  presignUpload(
    {
      sql: sql(),
      ownerBytes: ownerBytes(),
      uploadPresigner: uploadPresigner(),
      privateUrls: privateUrls(),
    },
    input,
  ),
);
