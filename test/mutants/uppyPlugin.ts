import type { Mutant } from "./mutant.ts";

const inPlugin = {
  tests: ["test/uploaders/uppyPlugin.test.ts"],
  file: "packages/uppy/uppyPlugin.ts",
};

/** What Uppy's user does, and the queue or Uppy does not hear of. */
export const uppyPlugin: Mutant[] = [
  {
    ...inPlugin,
    name: "a file that is removed from Uppy is uploaded all the same",
    by: "test/uploaders/uppyPlugin.test.ts > cancels what is being sent",
    find: "this.#queue.remove(upload.queueId);",
    replace: "",
  },
  {
    ...inPlugin,
    name: "a file that was cleared from Uppy is uploaded all the same",
    by: "test/uploaders/uppyPlugin.test.ts > cancels what is being sent",
    find: "this.#end(id); // Uppy was cleared",
    replace: "",
  },
  {
    ...inPlugin,
    name: "files that are paused in Uppy are sent",
    by: "test/uploaders/uppyPlugin.test.ts > frees the pending uploads of paused files",
    find: "this.#queue.cancel());",
    replace: "undefined);",
  },
  {
    ...inPlugin,
    name: "a file that is resumed in Uppy is not sent",
    by: "test/uploaders/uppyPlugin.test.ts > resumes one file that was paused",
    find: "this.#queue.retry(upload.queueId);",
    replace: "return;",
  },
  {
    ...inPlugin,
    name: "Uppy shows an object behind the message of an error",
    by: "test/uploaders/uppyPlugin.test.ts > with the message",
    find: "shown(now.error!)",
    replace: "now.error! as never",
  },
  {
    ...inPlugin,
    name: "Uppy waits forever for a file that cannot be sent",
    by: "test/uploaders/uppyPlugin.test.ts > says at once what is wrong",
    find: "this.#report(); // of files that cannot be uploaded",
    replace: "",
  },
];
