/**
 * A small wrong change of the source that a test must notice. `find` occurs exactly once in the file;
 * test/structure/mutants.test.ts checks that.
 */
export type Mutant = {
  /** What is wrong, in a few words. Unique in all lists. */
  name: string;
  /** Relative to the root of the repository. */
  file: string;
  find: string;
  replace: string;
  /** The test that is known to notice it, as `file > part of its name`. It runs first, and alone. */
  by?: string;
  /** The test files that run when `by` does not notice it; by default those near the file. */
  tests?: string[];
  /** Why no test notices it. The run fails when a test does. */
  survives?: string;
};

/** The test files nearest to a mutant's file. Those of the longest matching path. */
export function nearTests({ file, tests }: Mutant): string[] {
  if (tests) return tests;
  const [longest] = Object.keys(near)
    .filter((path) => file.startsWith(path))
    .sort((a, b) => b.length - a.length);
  if (longest === undefined)
    throw new Error(`${file} is near no test: add it to ${import.meta.url}`);
  return near[longest]!.map((test) => `test/${test}.test.ts`);
}

const near: Record<string, string[]> = {
  "functions/runtime/": ["api/worlds", "security/badInput"],
  "functions/runtime/authentication/": ["api/issuerTokens", "api/serviceKeys", "api/createToken"],
  "functions/runtime/queueConsumer.ts": ["workers/uploadPortraits"],
  "functions/runtime/log.ts": ["security/hostile"],
  "functions/runtime/scheduledFunction.ts": ["workers/sweep"],
  "functions/runtime/serverSentEvents.ts": ["api/streamCharacters"],
  "functions/runtime/streamingEndpoint.ts": ["api/streamCharacters"],
  "functions/runtime/telegramWebhook.ts": ["api/telegramWebhook", "api/telegramReplyFails"],
  "functions/reference/": [
    "reference/docsPages",
    "reference/docsInBrowser",
    "reference/installScalarViewer",
  ],
  "functions/worldPages/": ["api/worldPages", "security/worldPages"],
  "functions/services/": ["api/telegramWebhook", "api/telegramReplyOff"],
  "packages/adapters/cloud/cloudflareCdn.ts": ["workers/erasing"],
  "packages/adapters/cloud/connectionPool.ts": ["adapters/postgres", "faults/databaseDown"],
  "packages/adapters/cloud/databaseTls.ts": ["adapters/databaseUrl"],
  "packages/adapters/cloud/databaseErrorKinds.ts": ["adapters/postgres", "faults/databaseDown"],
  "packages/contract/databaseUrl.ts": ["adapters/databaseUrl"],
  "packages/adapters/cloud/postgres.ts": ["adapters/postgres", "api/worlds"],
  "packages/adapters/cloud/cutIntoParts.ts": ["adapters/multipartExportZips"],
  "packages/adapters/cloud/etags.ts": ["faults/alteredResponses", "faults/alteredExportWrites"],
  "packages/adapters/cloud/exportStore.ts": [
    "adapters/multipartExportZips",
    "faults/alteredExportWrites",
  ],
  "packages/adapters/cloud/multipartUpload.ts": [
    "adapters/multipartExportZips",
    "faults/alteredExportWrites",
  ],
  "packages/adapters/cloud/sendInPieces.ts": ["adapters/sendInPieces"],
  "packages/adapters/cloud/sendWithMd5.ts": ["faults/alteredExportWrites"],
  "packages/adapters/cloud/presigner.ts": ["api/presignedPut", "adapters/r2"],
  "packages/adapters/cloud/r2.ts": ["adapters/r2", "faults/alteredResponses", "api/presignedPut"],
  "packages/adapters/cloud/sqs.ts": ["adapters/sqs", "adapters/deadlines"],
  "packages/adapters/standardWebhooks.ts": ["adapters/standardWebhooks"],
  "packages/core/events/": ["workers/deliverEvents", "workers/events"],
  "packages/core/migrations/20261122000030_events.sql": ["workers/events", "workers/eventsOff"],
  "packages/adapters/decoder/": ["adapters/decoder", "core/realisticFiles"],
  "packages/adapters/generators/": ["adapters/aiGenerators", "adapters/hostedModels"],
  "packages/adapters/httpRequest.ts": ["adapters/deadlines", "adapters/telegramAndDiscord"],
  "packages/adapters/platforms/": ["adapters/telegramAndDiscord"],
  "packages/adapters/platforms/urlFiles.ts": ["adapters/urlFiles"],
  "packages/core/rehosts/allowedUrls.ts": ["adapters/urlFiles"],
  "packages/contract/rehostHosts.ts": ["adapters/urlFiles"],
  "packages/adapters/retryAfter.ts": ["adapters/retryAfter"],
  "packages/contract/messages.ts": ["workers/uploadPortraits"],
  "packages/contract/schemas.ts": ["security/badInput", "api/sizeLimits"],
  "packages/core/migrations/": ["api/presignUpload", "api/linkTelegram", "api/sizeLimits"],
  "packages/core/characters/": ["api/generateCharactersWithAi", "api/streamCharacters"],
  "packages/core/datasets/": ["api/datasets", "api/datasetItems", "api/datasetCaptions"],
  "packages/core/displayText.ts": ["api/presignUpload", "api/linkTelegram"],
  "packages/core/erasures/": ["workers/erasing", "api/deletions"],
  "packages/core/exports/": ["api/exports", "workers/exportDataset", "security/datasetsOfOthers"],
  "packages/core/exports/layouts/": ["core/exports/zipEntries", "core/exports/trainersReadZips"],
  "packages/core/exports/readAhead.ts": ["core/exports/zipChunks"],
  "packages/core/exports/trainingFormat.ts": ["core/exports/zipEntries", "core/exports/zipChunks"],
  "packages/core/exports/trainingPicture.ts": ["core/exports/trainingPicture"],
  "packages/core/exports/zipChunks.ts": ["core/exports/zipChunks"],
  "packages/core/health.ts": ["faults/databaseDown", "api/health"],
  "packages/core/isStale.sql.ts": ["workers/attempts", "workers/sweep", "workers/telegramReplies"],
  "packages/core/images/": ["api/deletions", "api/uploads", "api/replacePortrait"],
  "packages/core/imaging/": [
    "core/base64AndPlainPng",
    "core/realisticFiles",
    "workers/uploadPortraits",
    "security/hostile",
  ],
  "packages/core/linkedOwners.sql.ts": ["api/linkTelegram", "api/eraseOwner"],
  "packages/core/owners/": ["api/eraseOwner"],
  "packages/core/pageOfRows.ts": ["api/worlds", "api/images"],
  "packages/core/portraits/": [
    "workers/uploadPortraits",
    "workers/attempts",
    "workers/sweep",
    "api/replacePortrait",
    "api/restorePortrait",
  ],
  "packages/core/requeuing.ts": ["workers/sweep", "workers/attempts"],
  "packages/core/retryPolicy": ["workers/attempts", "workers/sweep", "workers/telegramReplies"],
  "packages/core/sendOrMarkUnsent.ts": [
    "workers/attempts",
    "workers/sweep",
    "workers/telegramReplies",
  ],
  "packages/core/rehosts/": ["workers/telegramReplies", "workers/rehostImages", "api/rehostImage"],
  "packages/core/requests/": ["api/worlds"],
  "packages/core/sentImages/": ["api/createImage"],
  "packages/core/serviceKeys/": ["api/serviceKeys", "ops/keys"],
  "packages/core/sweep.ts": ["workers/sweep", "workers/attempts", "api/presignedPut"],
  "packages/core/telegram/": [
    "api/linkTelegram",
    "api/telegramPhotos",
    "api/telegramCaptions",
    "api/telegramGroups",
  ],
  "packages/core/uploads/": ["api/presignUpload", "api/completeUpload", "api/uploads"],
  "packages/core/worlds/": ["api/worlds", "api/deletions", "api/editPieces", "api/worldPages"],
  "packages/local/embedded/telegram/": [
    "local/telegram/botApi",
    "local/telegram/getUpdates",
    "adapters/telegramAndDiscord",
  ],
  "packages/ops/audit/": ["ops/audit"],
  "packages/ops/backfill/": ["ops/backfillImages", "ops/backfill"],
  "packages/ops/emptyBuckets/": ["ops/emptyBuckets"],
  "packages/ops/setup/": ["ops/setup"],
  "packages/ops/sstShell.mjs": ["ops/sstShell"],
  "packages/ops/costs/": ["ops/costs"],
  "packages/client/putItemsInBatches.ts": ["client/putDatasetItems"],
  "packages/client/queue/": ["react/uploadQueue", "react/dropzone"],
  "packages/client/react/": ["react/dropzone", "react/imagesAndWorlds"],
};
