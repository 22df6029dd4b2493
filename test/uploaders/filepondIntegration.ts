import type { Client } from "@keepsake/client/client";
import { create } from "filepond";

export function createPond(client: Client, element: Element) {
  return create(element, {
    allowMultiple: true,
    labelFileProcessingError: ({ body }) => body,
    server: {
      process(_name, file, _metadata, load, error, progress, abort) {
        const controller = new AbortController();
        const { signal } = controller;
        client
          .upload(file, {
            signal,
            onProgress: ({ loaded, total }) => progress(true, loaded, total),
          })
          .then(
            ({ image_id }) => load(image_id!),
            ({ message }) => error(message),
          );
        signal.onabort = abort;
        return { abort: () => controller.abort() };
      },
      revert(image_id, load, error) {
        client.deleteImage({ image_id }).then(load, ({ message }) => error(message));
      },
    },
  });
}
