import { createPond } from "../filepondIntegration.ts";
import { onProgress, serve } from "./page.ts";

serve((client, events) => {
  const pond = createPond(client, document.body.appendChild(document.createElement("div")));
  pond.setOptions({
    // FilePond slows its progress down to 750 ms a file; its types lack the option
    ...{ allowMinimumUploadDuration: false },
    maxParallelUploads: 10,
    onprocessfilestart: ({ filename }) => void events.started.push(filename),
    onprocessfileprogress: ({ filename }, part) => onProgress(events, filename, part),
    onprocessfile(error, { filename }) {
      if (error) events.failed[filename] = error.body;
      else events.succeeded.push(filename);
    },
    onprocessfiles() {
      events.isFinished = true;
    },
  });
  return {
    add: (files) => void pond.addFiles(files),
    remove(name) {
      for (const file of pond.getFiles().filter(({ filename }) => filename === name)) {
        file.abortProcessing();
        pond.removeFile(file.id);
      }
    },
  };
});
