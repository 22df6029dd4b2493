import { queues } from "@keepsake/contract/queues";
import { counted, type MeasuredWork, measured } from "./measuredWork.ts";
import type { Workload } from "./monthlyWorkload.ts";

const { copies, storeMs, queryMs, memoryMb } = counted;

/** How often each part of the system is used in the month. */
export function countsOf(workload: Workload) {
  const { images, pieces, erased } = workload;
  const of = (way: "portraits" | "unchanged" | "rewritten" | "rehosts") => images * workload[way];
  const uploads = of("unchanged") + of("rewritten");
  const worlds = of("portraits") / pieces;
  const deletions = images * erased;
  const other = images * workload.requests + deletions;
  return {
    of,
    uploads,
    worlds,
    /** Messages of one world arrive together. */
    batches: worlds * Math.ceil(pieces / queues.PortraitQueue.batchSize),
    sweeps: counted.minutes / workload.sweep,
    smallRequests: uploads + of("rehosts") + other,
    httpRequests: worlds + 2 * uploads + of("rehosts") + other,
    // a picture that is published is an object, and one for each copy
    removedKeys: deletions * (1 + copies) * counted.removals,
  };
}

/** Invocations of one function: how many, and how many milliseconds each computes and waits. */
export type Work = { function: keyof typeof memoryMb; times: number; cpu: number; waits: number };

/** What the functions do in the month. */
export function invocationsOf(workload: Workload, work: MeasuredWork = measured): Work[] {
  const { cpuMs, postgresMs } = work;
  const { pieces } = workload;
  const { of, uploads, worlds, batches, sweeps, smallRequests, removedKeys } = countsOf(workload);
  return [
    {
      function: "presignUpload",
      times: smallRequests,
      cpu: cpuMs.smallRequest,
      waits: 2 * queryMs,
    },
    {
      function: "createWorld",
      times: worlds,
      cpu: pieces * cpuMs.createPiece,
      // Postgres' own work, and a message
      waits: pieces * postgresMs.createPiece + 3 * queryMs,
    },
    {
      function: "uploadPortraits",
      times: batches,
      cpu: (of("portraits") / (batches || 1)) * (cpuMs.portrait - cpuMs.createPiece),
      // copies, then the portrait; the CPU of others is used meanwhile
      waits: 2 * storeMs + 3 * queryMs,
    },
    // the upload is read, its copies are stored, then it is copied or stored
    {
      function: "completeUpload",
      times: of("unchanged"),
      cpu: cpuMs.unchanged - cpuMs.smallRequest,
      waits: 3 * storeMs + 4 * queryMs,
    },
    {
      function: "completeUpload",
      times: of("rewritten"),
      cpu: cpuMs.rewritten - cpuMs.smallRequest,
      waits: 3 * storeMs + 4 * queryMs,
    },
    {
      function: "rehostImages",
      times: of("rehosts"),
      cpu: cpuMs.rehost - cpuMs.smallRequest,
      waits: counted.downloadMs + 2 * storeMs + 4 * queryMs,
    },
    {
      function: "sweep",
      times: sweeps,
      cpu: cpuMs.sweep + ((2 * uploads + 1.5 * removedKeys) / sweeps) * cpuMs.storeCall,
      waits: counted.sweepQueries * queryMs,
    },
  ];
}

/** Seconds that one invocation runs. With less memory than a vCPU has, a function gets a share of one. */
export function seconds({ function: name, cpu, waits }: Work): number {
  const share = Math.min(1, memoryMb[name] / counted.cpuMb);
  return (cpu / share + waits) / 1_000;
}

export const gbSeconds = (work: Work) =>
  work.times * seconds(work) * (memoryMb[work.function] / counted.mbInGb);
