import { countsOf, gbSeconds, invocationsOf } from "./invocations.ts";
import { counted, type MeasuredWork, measured } from "./measuredWork.ts";
import { base64Bytes, type Workload } from "./monthlyWorkload.ts";

/** What a month uses, in the units that are billed. */
export type Usage = {
  httpRequests: number;
  invocations: number;
  gbSeconds: number;
  sqsRequests: number;
  schedules: number;
  logGb: number;
  outGb: number;
  storedGb: number;
  classA: number;
  classB: number;
  postgresSeconds: number;
  postgresRows: number;
  /** Base64 that consumers read from Postgres. */
  postgresOutGb: number;
};

const { copies } = counted;

/** Sums up what every image, view, deletion and sweep of the month uses. */
export function usage(workload: Workload, work: MeasuredWork = measured): Usage {
  const { images, bytes, views, hits, erased, kept } = workload;
  const { of, uploads, worlds, batches, sweeps, httpRequests, removedKeys } = countsOf(workload);

  const published = {
    portraits: bytes + work.copiesBytes,
    unchanged: bytes + work.copiesBytes,
    rewritten: bytes * work.rewrittenBytes + work.copiesBytes,
    rehosts: bytes + work.copiesBytes,
  };
  const storedBytes = Object.entries(published).reduce(
    (sum, [way, size]) => sum + of(way as keyof typeof published) * size,
    0,
  );
  const invoked = invocationsOf(workload, work);
  const invocations = invoked.reduce((sum, { times }) => sum + times, 0);

  const sentBytes =
    of("portraits") * published.portraits +
    of("unchanged") * work.copiesBytes + // CopyObject moves the picture itself inside R2
    of("rewritten") * published.rewritten +
    of("rehosts") * published.rehosts +
    httpRequests * counted.responseBytes;
  const messages = worlds + of("rehosts");
  const polls = counted.queues * counted.pollsPerMinute * counted.minutes;

  return {
    httpRequests: httpRequests + worlds * extraRequests(workload),
    invocations,
    gbSeconds: invoked.reduce((sum, each) => sum + gbSeconds(each), 0),
    // sent, received and deleted, in batches of at most ten
    sqsRequests: 3 * Math.max(messages, batches + of("rehosts")) + polls,
    schedules: sweeps,
    logGb: (invocations * counted.logBytes + httpRequests * counted.accessLogBytes) / 1e9,
    outGb: sentBytes / 2 ** 30,
    storedGb: (storedBytes * (1 - erased) * kept) / 1e9,
    // the browser's PUT among them
    classA: uploads + images * (1 + copies),
    // uploads are read back, the sweep looks for each before it removes it, and views miss the CDN
    classB: 2 * uploads + removedKeys + images * views * (1 - hits),
    postgresSeconds:
      (of("portraits") * work.postgresMs.portrait +
        (httpRequests + of("rehosts") + sweeps * counted.sweepQueries) * work.postgresMs.request) /
      1_000,
    postgresRows: images * (1 - erased) * kept,
    postgresOutGb: (of("portraits") * base64Bytes(bytes)) / 1e9,
  };
}

/** API Gateway counts a request again for each 512 KB of its body: this many more than one. */
const extraRequests = ({ bytes, pieces }: Workload) =>
  Math.ceil((pieces * base64Bytes(bytes)) / (512 * 1_024)) - 1;
