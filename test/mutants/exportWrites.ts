import type { Mutant } from "./mutant.ts";

const cloud = "packages/adapters/cloud";
const store = "test/adapters/multipartExportZips.test.ts";
const altered = "test/faults/alteredExportWrites.test.ts";

/** What is sent in parts is another object, is taken for one, or stays. */
export const exportWrites: Mutant[] = [
  {
    name: "a third part is in memory",
    by: `${altered} > at most two at a time`,
    file: `${cloud}/exportStore.ts`,
    find: "const inMemory = 2;",
    replace: "const inMemory = 3;",
  },
  {
    name: "unfinished uploads of longer keys are aborted",
    by: `${store} > and of no other`,
    file: `${cloud}/multipartUpload.ts`,
    find: "if (upload.Key === Key)",
    replace: "if (upload.Key)",
  },
  {
    name: "a lost response to the end of an upload is an error",
    by: `${altered} > finds its object`,
    file: `${cloud}/multipartUpload.ts`,
    find: "    if (await isStored(bytes, etag)) return;\n",
    replace: "",
  },
  {
    name: "any object under the key counts as the one that was sent",
    by: `${altered} > does not take another object`,
    file: `${cloud}/multipartUpload.ts`,
    find: "return head.ContentLength === bytes && !namesOtherMd5(head, () => etag);",
    replace: "return head.ContentLength !== undefined;",
  },
  {
    name: "the MD5 that R2 confirms of a part is not compared",
    by: `${altered} > confirms another MD5`,
    file: `${cloud}/sendWithMd5.ts`,
    find: "if (!namesOtherMd5(response, () => etag)) return",
    replace: "if (response) return",
  },
  {
    name: "a part that was altered on its way is not sent again",
    by: `${altered} > altered on its way`,
    file: `${cloud}/sendWithMd5.ts`,
    find: "for (let left = 2; ;",
    replace: "for (let left = 0; ;",
  },
  {
    name: "a part is one byte short where a chunk ends there",
    by: `${store} > chunks of any size`,
    file: `${cloud}/cutIntoParts.ts`,
    find: "if (filled === partBytes) {",
    replace: "if (filled >= partBytes - 1) {",
  },
  {
    name: "the lifecycle rule of exports removes private images",
    by: "test/infra/bucketLinks.test.ts > only zips of exports are removed",
    file: "infra/bucketLinks.ts",
    find: 'conditions: { prefix: "exports/" },',
    replace: 'conditions: { prefix: "" },',
    tests: ["test/infra/bucketLinks.test.ts"],
  },
];
