import type { Mutant } from "./mutant.ts";

const queue = "packages/client/queue";
const react = "packages/client/react";
const uploadQueue = "test/react/uploadQueue.test.ts";
const uploads = "test/react/dropzone.test.ts";
const lists = "test/react/imagesAndWorlds.test.ts";

/** The upload queue and the React hooks: what is sent again, what waits, and what ends with the page. */
export const clientQueueAndHooks: Mutant[] = [
  {
    name: "a queue at the limit waits although one of its own files is published",
    by: `${uploadQueue} > goes on when one of its own is published`,
    file: `${queue}/fileSender.ts`,
    find: "if (isAtLimit) pauses.end();",
    replace: "",
  },
  {
    name: "a queue waits shorter than retry-after",
    by: `${uploadQueue} > as long as retry-after says`,
    file: `${queue}/queuePauses.ts`,
    find: "seconds === undefined ? backoffMs",
    replace: "seconds !== 0 ? backoffMs",
  },
  {
    name: "a stored file is sent again when the response of its publication was lost",
    by: `${uploadQueue} > does not send a file again that is stored`,
    file: `${queue}/fileSender.ts`,
    find: "stored: stored.get(id)?.upload_id,",
    replace: "stored: undefined,",
  },
  {
    name: "a file that is no picture may be sent again",
    by: `${uploadQueue} > never sends a file again that is no picture`,
    file: `${queue}/failureReactions.ts`,
    find: "/^(image\\.|input\\.|upload\\.altered$)/",
    replace: "/^(picture\\.|input\\.|upload\\.altered$)/",
  },
  {
    name: "a queue that is stopped goes on sending",
    by: `${uploadQueue} > cancels everything when it is stopped`,
    file: `${queue}/fileSender.ts`,
    find: "    run?.abort();",
    replace: "",
  },
  {
    name: "a file fails when the connection does",
    by: `${uploadQueue} > waits while the connection fails`,
    file: `${queue}/failureReactions.ts`,
    find: 'if (isConnectionFailure(thrown)) return "connection";',
    replace: "",
  },
  {
    name: "the progress of a new batch includes the last one",
    by: `${uploadQueue} > reports the progress of the last batch`,
    file: `${queue}/fileList.ts`,
    find: "batch += 1;",
    replace: "batch += 0;",
  },
  {
    name: "uploads that were cancelled while offline stay pending",
    by: `${uploads} > publishes every file once when it is back`,
    file: `${queue}/fileSender.ts`,
    find: "lostCancels.add(upload_id);",
    replace: "",
  },
  {
    name: "a component that unmounts leaves its uploads",
    by: `${uploads} > cancels what it was sending when it is removed`,
    file: `${react}/useUpload.ts`,
    find: "useEffect(() => queue.stop, [queue]);",
    replace: "",
  },
  {
    name: "a new picture is last in the list",
    by: `${uploads} > publishes 25 pictures`,
    file: `${react}/stores/imageListStore.ts`,
    find: "older < 0 ? images.length : older",
    replace: "images.length",
  },
  {
    name: "a component that unmounts goes on asking for portraits",
    by: `${lists} > asks no more when its component is removed`,
    file: `${react}/stores/polledResource.ts`,
    find: "if (listeners.size === 0) setTimeout(stop);",
    replace: "",
  },
  {
    name: "a hidden tab goes on asking for portraits",
    by: `${lists} > asks not while its tab is hidden`,
    file: `${react}/stores/polledResource.ts`,
    find: '    if (document.visibilityState === "hidden") return;\n    const ms',
    replace: "    const ms",
  },
];
