import { createDropzone } from "../dropzoneIntegration.ts";
import { onProgress, serve } from "./page.ts";

serve((client, events) => {
  const element = document.body.appendChild(document.createElement("div"));
  const dropzone = createDropzone(client, element);
  dropzone.on("processing", ({ name }) => events.started.push(name));
  dropzone.on("uploadprogress", ({ name }, percent) => onProgress(events, name, percent / 100));
  dropzone.on("totaluploadprogress", (percent) => events.total.push(percent));
  dropzone.on("success", ({ name }, image) => {
    events.succeeded.push(name);
    events.urls[name] = (image as never as { url: string }).url;
  });
  dropzone.on("error", ({ name }, message) => {
    events.failed[name] = String(message);
  });
  dropzone.on("queuecomplete", () => {
    events.isFinished = true;
  });
  return {
    add: (files) => dropzone.handleFiles(files as never),
    remove(name) {
      for (const file of dropzone.files) if (file.name === name) dropzone.removeFile(file);
    },
  };
});
