import { attempts } from "./attempts.ts";
import { audit } from "./audit.ts";
import { backfill } from "./backfill.ts";
import { batches } from "./batches.ts";
import { clientQueueAndHooks } from "./clientQueueAndHooks.ts";
import { clientUploads } from "./clientUploads.ts";
import { connections } from "./connections.ts";
import { contract } from "./contract.ts";
import { costs } from "./costs.ts";
import { credentials } from "./credentials.ts";
import { datasets } from "./datasets.ts";
import { events } from "./events.ts";
import { exports } from "./exports.ts";
import { exportWrites } from "./exportWrites.ts";
import { imaging } from "./imaging.ts";
import { installation } from "./installation.ts";
import { leases } from "./leases.ts";
import { limits } from "./limits.ts";
import { locks } from "./locks.ts";
import type { Mutant } from "./mutant.ts";
import { seen } from "./observability.ts";
import { identity } from "./ownership.ts";
import { platforms } from "./platforms.ts";
import { signing } from "./presigningAndR2.ts";
import { publishedClient } from "./publishedClient.ts";
import { reference } from "./referencePages.ts";
import { rounds } from "./retriesAndExpiry.ts";
import { setup } from "./stageSetup.ts";
import { trainingZips } from "./trainingZips.ts";
import { uppyPlugin } from "./uppyPlugin.ts";
import { worlds } from "./worlds.ts";

/** Every mutant, by what it breaks. */
export const classes: Record<string, Mutant[]> = {
  locks,
  leases,
  rounds,
  attempts,
  batches,
  events,
  exports,
  exportWrites,
  identity,
  limits,
  signing,
  credentials,
  setup,
  installation,
  audit,
  backfill,
  connections,
  imaging,
  platforms,
  contract,
  costs,
  datasets,
  clientQueueAndHooks,
  reference,
  clientUploads,
  publishedClient,
  uppyPlugin,
  seen,
  trainingZips,
  worlds,
};
