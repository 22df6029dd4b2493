import * as rehosts from "@keepsake/core/rehosts/publishRehosts";
import { endpoint } from "./edge/http.ts";
import { identify, rehostQueue, sql } from "./edge/services.ts";

/** `POST /rehosts`: an image of another platform, for other backends and bots. */
export const handler = endpoint("rehostImage", (input) =>
  rehosts.request({ sql: sql(), rehostQueue: rehostQueue(), identify: identify() }, input),
);
