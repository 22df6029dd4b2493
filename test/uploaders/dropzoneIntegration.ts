import type { Client } from "@keepsake/client";
import Dropzone, { type DropzoneFile } from "dropzone";

export function createDropzone(client: Client, element: HTMLElement) {
  const dropzone = new Dropzone(element, { url: "#" });
  dropzone.uploadFiles = ([file]: [DropzoneFile]) => {
    const controller = new AbortController();
    file.xhr = controller as never; // Dropzone calls its abort() when the file is removed
    client
      .upload(file, {
        signal: controller.signal,
        onProgress: (event) => dropzone._updateFilesUploadProgress([file], file.xhr!, event),
      })
      .then(
        (image) => dropzone._finished([file], image as never, null),
        ({ message }) => controller.signal.aborted || dropzone._errorProcessing([file], message),
      );
  };
  return dropzone;
}
