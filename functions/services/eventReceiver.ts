import { standardWebhooks } from "@keepsake/adapters/standardWebhooks";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const eventReceiver = lazy(() => standardWebhooks(Resource.Webhook));
