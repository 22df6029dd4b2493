import { attempts } from "./attempts.ts";
import { audit } from "./audit.ts";
import { backfill } from "./backfill.ts";
import { batches } from "./batches.ts";
import { clientUploads } from "./clientUploads.ts";
import { connections } from "./connections.ts";
import { contract } from "./contract.ts";
import { costs } from "./costs.ts";
import { credentials } from "./credentials.ts";
import { events } from "./events.ts";
import { imaging } from "./imaging.ts";
import { leases } from "./leases.ts";
import { limits } from "./limits.ts";
import { locks } from "./locks.ts";
import type { Mutant } from "./mutant.ts";
import { seen } from "./observability.ts";
import { identity } from "./ownership.ts";
import { platforms } from "./platforms.ts";
import { rounds } from "./retriesAndExpiry.ts";
import { setup } from "./setup.ts";
import { signing } from "./signaturesAndStoredObjects.ts";

/** Every mutant, by what it breaks. */
export const classes: Record<string, Mutant[]> = {
  locks,
  leases,
  rounds,
  attempts,
  batches,
  events,
  identity,
  limits,
  signing,
  credentials,
  setup,
  audit,
  backfill,
  connections,
  imaging,
  platforms,
  contract,
  costs,
  clientUploads,
  seen,
};
