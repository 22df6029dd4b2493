import { cloudflareCdn } from "@keepsake/adapters/cloudflare";
import { offlinePainter } from "@keepsake/adapters/offline/painter";
import { offlineStoryteller } from "@keepsake/adapters/offline/storyteller";
import { connect } from "@keepsake/adapters/postgres";
import { uploadPresigner as presigner } from "@keepsake/adapters/presigner";
import { privateBucket, publicBucket } from "@keepsake/adapters/r2";
import { sqs } from "@keepsake/adapters/sqs";
import type { PortraitMessage } from "@keepsake/contract/messages";
import { Resource } from "sst";
import { describe, logger } from "./log.ts";

/**
 * The one file that reads links. Each service is made on first use and kept for the life of the
 * container. A function bundles, and is granted, only those it names.
 */
export const sql = once(() => connect(Resource.Database));
export const images = once(() => publicBucket(Resource.Images));
export const incoming = once(() => privateBucket(Resource.Incoming));
export const uploadPresigner = once(() => presigner(Resource.Incoming));
export const cdn = once(() => cloudflareCdn(Resource.Cdn));
export const portraitQueue = once(() =>
  sqs<PortraitMessage>(Resource.PortraitQueue, logUnsent("PortraitQueue")),
);
export const storyteller = once(() => offlineStoryteller());
export const painter = once(() => offlinePainter());

function logUnsent(queue: string) {
  return (reason: unknown, count: number) =>
    logger.warn("messages not sent, the sweep will", { queue, count, reason: describe(reason) });
}

/* @__NO_SIDE_EFFECTS__ */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
