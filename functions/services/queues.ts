import type { Role } from "@keepsake/adapters/cloud/awsRequestSigner";
import { sqs } from "@keepsake/adapters/cloud/sqs";
import type {
  EventMessage,
  ExportMessage,
  PortraitMessage,
  RehostMessage,
  UploadMessage,
} from "@keepsake/contract/messages";
import { logger, serializeError } from "../runtime/log.ts";
import { requestId } from "../runtime/requestId.ts";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const portraitQueue = lazy(() =>
  sqs<PortraitMessage>(Resource.PortraitQueue, role(), logUnsent("PortraitQueue"), requestId),
);
export const rehostQueue = lazy(() =>
  sqs<RehostMessage>(Resource.RehostQueue, role(), logUnsent("RehostQueue"), requestId),
);
export const uploadQueue = lazy(() =>
  sqs<UploadMessage>(Resource.UploadQueue, role(), logUnsent("UploadQueue"), requestId),
);

export const exportQueue = lazy(() =>
  sqs<ExportMessage>(Resource.ExportQueue, role(), logUnsent("ExportQueue"), requestId),
);

/** Undefined on a stage without a `WEBHOOK_URL`. */
export const eventQueue = lazy(() =>
  "EventQueue" in Resource
    ? sqs<EventMessage>(Resource.EventQueue, role(), logUnsent("EventQueue"), requestId)
    : undefined,
);

/** The region and credentials that Lambda gives this function. */
function role(): Role {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  return {
    region: AWS_REGION ?? "",
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
  };
}

function logUnsent(queue: string) {
  return (reason: unknown, count: number) =>
    logger.warn("messages not sent: the sweep will send them", {
      queue,
      count,
      reason: serializeError(reason),
    });
}
