import type { Client } from "@keepsake/client";
import { create } from "filepond";

export function createPond(client: Client, element: Element) {
  return create(element, {
    allowMultiple: true,
    maxParallelUploads: 6,
    labelFileProcessingError: ({ body }) => body,
    server: {
      process(_name, file, _metadata, load, error, progress, abort) {
        const controller = new AbortController();
        const { signal } = controller;
        signal.onabort = abort;
        const onProgress = ({ loaded, total }: { loaded: number; total: number }) =>
          progress(true, loaded, total);
        client.upload(file, { signal, onProgress }).then(
          ({ image_id }) => load(image_id),
          ({ message }) => error(message),
        );
        return controller;
      },
      revert(image_id, load, error) {
        client.deleteImage({ image_id }).then(load, ({ message }) => error(message));
      },
    },
  });
}
