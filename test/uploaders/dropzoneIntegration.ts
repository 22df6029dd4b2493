import type { Client } from "@keepsake/client/client";
import Dropzone, { type DropzoneFile } from "dropzone";

export function createDropzone(client: Client, element: HTMLElement) {
  const dropzone = new Dropzone(element, { url: "#" });
  dropzone.uploadFiles = ([file]: [DropzoneFile]) => {
    file.controller = new AbortController();
    const { signal } = file.controller;
    const onProgress = ({ loaded, total }: { loaded: number; total: number }) =>
      dropzone.emit("uploadprogress", file, (100 * loaded) / total, loaded);
    client.upload(file, { signal, onProgress }).then(
      ({ image_id }) => dropzone._finished([file], image_id, null),
      ({ message }) => signal.aborted || dropzone._errorProcessing([file], message),
    );
  };
  dropzone.on("canceled", ({ controller }) => controller?.abort());
  return dropzone;
}
