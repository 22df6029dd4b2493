import { limits } from "@keepsake/contract/limits";
import { queues } from "@keepsake/contract/queues";
import { schedules } from "@keepsake/contract/schedules";
import { streams } from "@keepsake/contract/streamingFunctions";

/**
 * What the work takes, measured on 2026-11-21 with Node 24.21.0 on a core of an Intel Xeon at 2.5 GHz: a vCPU of
 * Lambda on arm64 is taken to be as fast. `npm run bench -- publishing` measures the ways of an image again,
 * with files of about 500 KB; `npm run bench -- createWorld` and `presignRoute` the rest of
 * docs/performance.md that is used here.
 */
export const measured = {
  /** Milliseconds of CPU that one image takes, in the functions and in the decoder's process. */
  cpuMs: {
    /** Creating the piece and publishing its portrait. */
    portrait: 49.4,
    unchanged: 83.5,
    rewritten: 294.6,
    rehost: 122.2,
    /** In `createWorld`, for each of its portraits; part of `portrait`. */
    createPiece: 44.2 / 8,
    /** `presignUpload`; part of both uploads. Other small routes are taken to need the same. */
    smallRequest: 1.74,
    sweep: 10.4,
    /** Of 5 MB in an export, where it passes unchanged: `npm run bench -- exports`, of 2026-11-22. */
    exportedImage: 17_600 / 300,
    /** A call of R2 by the sweep. */
    storeCall: 1.09,
  },
  /** Milliseconds of CPU in Postgres. */
  postgresMs: {
    /** Insert and publication of a portrait. */
    portrait: 70.5 / 8 + 5.72,
    /** In `createWorld`, for each of its portraits; part of `portrait`. */
    createPiece: 70.5 / 8,
    /** Any other request or message. */
    request: 0.5,
  },
  /** Bytes that are published of an image that is encoded anew, for each byte that was sent. */
  rewrittenBytes: 476 / 504,
  /** Bytes of both smaller copies of a photo: they have their own width, whatever the bytes of the original. */
  copiesBytes: 106_000,
  /** Of a row of `images` with its indexes. A piece with its text is taken to need as much. */
  rowBytes: 1_116,
};
export type MeasuredWork = typeof measured;

/** A stage without `WEBHOOK_URL`, which has no queue of events: docs/costs.md says what that one adds. */
const queueCount = Object.keys(queues).length - 1;

/** What code and documents say, without a measurement. */
export const counted = {
  copies: limits.variant_widths_px.length,
  /** A month as AWS bills it: 730 hours. */
  minutes: 730 * 60,
  /**
   * Lambda polls an idle queue by five connections of 20 s, and by no fewer with `maximumConcurrency`:
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   */
  pollsPerMinute: 5 * 3,
  /** Megabytes of memory with one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
  cpuMb: 1_769,
  /** Of infra/*.ts; a test compares them with the plan. */
  memoryMb: {
    presignUpload: 512,
    createWorld: 1_024,
    completeUpload: 3_008,
    uploadPortraits: 1_769,
    rehostImages: 3_008,
    sweep: 1_769,
    exportDataset: 3_008,
  },
  queues: queueCount,
  /** Alarms of a stage with ALARM_EMAIL, as infra/alarms.ts declares them; a test compares them with the plan. */
  alarms: 3 * queueCount + 2 * (Object.keys(schedules).length + Object.keys(streams).length) + 4,
  /** Metrics that the functions log, as docs/operating.md counts them; those of hours without requests cost nothing. */
  metrics: 32,
  /** How long a batch of calls to R2 is waited for, as docs/performance.md's "Draining with 60 ms a PUT". */
  storeMs: 60,
  /** From the first byte to the last of a file on a platform. */
  downloadMs: 200,
  /** A statement of Postgres in the same region, there and back. */
  queryMs: 2,
  /** Queries of a sweep that finds nothing to do. */
  sweepQueries: 33,
  /** Bytes in CloudWatch of an invocation: two records of Lambda and a line of ours with its metrics. */
  logBytes: 1_100,
  /** Of a request in API Gateway's access log. */
  accessLogBytes: 600,
  /** Of a response with its headers. */
  responseBytes: 2_000,
  /** Each removed object is looked for twice, 16 minutes apart: packages/core/erasures. */
  removals: 2,
  /** Of a function's memory, which AWS counts in GB of 2^30 bytes. */
  mbInGb: 1_024,
} as const;
