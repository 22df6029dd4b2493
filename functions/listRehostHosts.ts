import { rehostRoutes } from "@keepsake/contract/api/rehosts";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { rehostHosts } from "./services/rehostHosts.ts";

/** `GET /rehosts/hosts`: the hosts of URLs that can be re-hosted. */
export const handler = authenticatedEndpoint(
  "listRehostHosts",
  rehostRoutes.listRehostHosts,
  async () => ({
    hosts: rehostHosts(),
  }),
);
