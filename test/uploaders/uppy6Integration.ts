import type { Client } from "@keepsake/client/client";
import { fileUploads } from "@keepsake/client/fileUploads";
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";

export function createUppy(client: Client) {
  const uploads = fileUploads(client);
  const uppy = new Uppy();
  uppy.use(AwsS3, {
    generateObjectKey: ({ id }) => id,
    signRequest: ({ key }) => uploads.presign(uppy.getFile(key).data),
  });
  uppy.on("upload-success", (file) => {
    uploads.complete(file!.data).then(
      (image) => uppy.setFileMeta(file!.id, { image }),
      (error) => uppy.emit("upload-error", file, error),
    );
  });
  uppy.addPostProcessor(uploads.allCompleted);
  uppy.on("file-removed", ({ data }) => uploads.cancel(data));
  return uppy;
}
