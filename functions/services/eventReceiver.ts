import { standardWebhooks } from "@keepsake/adapters/standardWebhooks";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const eventReceiver = lazy(() => standardWebhooks(Resource.Webhook));
