import { createClient, pageToken } from "@keepsake/client";
import { create } from "filepond";

// one client for each user: make a new one when the user changes
const client = createClient({
  baseUrl: document.querySelector("[name=keepsake-api]").content,
  token: pageToken("/keepsake-token"),
});

create(document.querySelector("#pond"), {
  allowMultiple: true,
  maxParallelUploads: 6,
  credits: false,
  labelFileProcessingError: ({ body }) => body,
  server: {
    process(_name, file, _metadata, load, error, progress, abort) {
      const controller = new AbortController();
      const { signal } = controller;
      signal.onabort = abort;
      const onProgress = ({ loaded, total }) => progress(true, loaded, total);
      client.upload(file, { signal, onProgress }).then(
        (image) => {
          show(image);
          load(image.image_id);
        },
        ({ message }) => error(message),
      );
      return controller;
    },
    revert(image_id, load, error) {
      document.getElementById(image_id)?.remove();
      client.deleteImage({ image_id }).then(load, ({ message }) => error(message));
    },
  },
});

for (const image of (await client.listImages()).images.reverse()) show(image);

/** The newest picture first. */
function show({ image_id, url, alt, filename }) {
  const picture = new Image(200);
  Object.assign(picture, { id: image_id, src: url, alt: alt ?? filename });
  document.querySelector("#pictures").prepend(picture);
}
