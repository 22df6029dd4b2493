import * as rehosts from "@keepsake/core/rehosts/publishRehosts";
import { endpoint } from "./runtime/endpoint.ts";
import { identify, rehostQueue, sql } from "./services/services.ts";

/** `POST /rehosts`: an image of another platform, for other backends and bots. */
export const handler = endpoint("rehostImage", (input) =>
  rehosts.request({ sql: sql(), rehostQueue: rehostQueue(), identify: identify() }, input),
);
