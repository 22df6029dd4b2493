import { onProgress, serve } from "./page.ts";

serve((client, events) => {
  const controllers = new Map<string, AbortController>();
  return {
    async add(files) {
      const upload = async (file: File) => {
        const controller = new AbortController();
        controllers.set(file.name, controller);
        events.started.push(file.name);
        await client
          .upload(file, {
            signal: controller.signal,
            onProgress: ({ loaded, total }) => onProgress(events, file.name, loaded / total),
          })
          .then(
            () => events.succeeded.push(file.name),
            ({ message }) => {
              events.failed[file.name] = message;
            },
          );
      };
      await Promise.all(files.map(upload));
      events.isFinished = true;
    },
    remove: (name) => controllers.get(name)!.abort(),
  };
});
