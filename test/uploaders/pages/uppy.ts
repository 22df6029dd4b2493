import { createUppy } from "../uppyIntegration.ts";
import { onProgress, serve } from "./page.ts";

declare global {
  interface Window {
    uppy: ReturnType<typeof createUppy>;
  }
}

serve((client, events) => {
  const uppy = createUppy(client);
  Object.assign(window, { uppy });
  uppy.on("upload-start", (files) => {
    events.started.push(...files.map(({ name }) => name));
  });
  uppy.on("upload-progress", (file, { bytesUploaded, bytesTotal }) =>
    onProgress(events, file!.name, bytesUploaded / bytesTotal!),
  );
  uppy.on("progress", (percent) => events.total.push(percent));
  uppy.on("upload-success", (file, { uploadURL }) => {
    events.succeeded.push(file!.name);
    events.urls[file!.name] = uploadURL!;
  });
  uppy.on("upload-error", (file, { message }) => {
    events.failed[file!.name] = message;
  });
  uppy.on("complete", () => {
    events.isFinished = true;
  });
  return {
    add(files) {
      uppy.addFiles(files.map((data) => ({ name: data.name, type: data.type, data })));
      uppy.upload().catch(() => {});
    },
    remove(name) {
      for (const { id } of uppy.getFiles().filter((file) => file.name === name))
        uppy.removeFile(id);
    },
  };
});
