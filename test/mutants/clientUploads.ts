import type { Mutant } from "./mutant.ts";

/** Uploads of the client that cost quota or are cancelled when they must not be. */
export const clientUploads: Mutant[] = [
  {
    name: "an upload that is aborted while its URL is requested stays pending",
    by: "test/client/upload.test.ts > while its URL is requested",
    tests: ["test/client/upload.test.ts"],
    file: "packages/client/upload.ts",
    find: '"image" in late || cancel(late)',
    replace: '"image" in late',
  },
  {
    name: "a file that a widget removes stays pending",
    by: "test/client/fileUploads.test.ts > also while the URL is requested",
    tests: ["test/client/fileUploads.test.ts"],
    file: "packages/client/fileUploads.ts",
    find: "upload.presigned.then(({ upload_id }) => client.cancelUpload({ upload_id })).catch(() => {});",
    replace: "upload.presigned.catch(() => {});",
  },
  {
    name: "a file that a widget presigns again leaves its earlier upload pending",
    by: "test/client/fileUploads.test.ts > presigned again",
    tests: ["test/client/fileUploads.test.ts"],
    file: "packages/client/fileUploads.ts",
    find: "    cancel(file); // of an earlier attempt to send it",
    replace: "",
  },
  {
    name: "a widget cancels what it is completing",
    by: "test/client/fileUploads.test.ts > once they are published",
    tests: ["test/client/fileUploads.test.ts"],
    file: "packages/client/fileUploads.ts",
    find: "if (!upload || upload.isCompleting) return;",
    replace: "if (!upload) return;",
  },
  {
    name: "an upload of a widget that could not be completed is never cancelled",
    by: "test/client/fileUploads.test.ts > can be cancelled then",
    tests: ["test/client/fileUploads.test.ts"],
    file: "packages/client/fileUploads.ts",
    find: "upload.isCompleting = false;",
    replace: "upload.isCompleting = true;",
  },
  {
    name: "a widget gets URLs while 5 files are completed",
    by: "test/client/fileUploads.test.ts > while 4 files are completed",
    tests: ["test/client/fileUploads.test.ts"],
    file: "packages/client/fileUploads.ts",
    find: "completing.size >= maxCompleting",
    replace: "completing.size > maxCompleting",
  },
];
