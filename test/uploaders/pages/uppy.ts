import type { Client } from "@keepsake/client/client";
import { onProgress, serve } from "./page.ts";

/** What the tests need of Uppy 5 and 6, whose types differ. */
type AnyUppy = {
  // biome-ignore lint/suspicious/noExplicitAny: events have different arguments
  on(event: any, listener: (...args: any[]) => void): unknown;
  addFiles(files: { name: string; type: string; data: Blob }[]): unknown;
  upload(): Promise<unknown>;
  removeFile(id: string): void;
  getFiles(): { id: string; name: string }[];
};

type Result = { successful: UppyFile[]; failed: UppyFile[] };
type UppyFile = { name: string; error?: string; meta: { image?: { status: string } } };

export const serveUppy = (createUppy: (client: Client) => AnyUppy) =>
  serve((client, events) => {
    const uppy = createUppy(client);
    uppy.on("upload-start", (files: UppyFile[]) => {
      events.started.push(...files.map(({ name }) => name));
    });
    uppy.on("upload-progress", ({ name }, { bytesUploaded, bytesTotal }) =>
      onProgress(events, name, bytesUploaded / bytesTotal),
    );
    uppy.on("upload-error", ({ name }, { message }) => {
      events.failed[name] = message;
    });
    uppy.on("complete", ({ successful, failed }: Result) => {
      events.succeeded = successful
        .filter(({ meta }) => meta.image?.status === "published")
        .map(({ name }) => name);
      events.failed = Object.fromEntries(failed.map(({ name, error }) => [name, error!]));
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
