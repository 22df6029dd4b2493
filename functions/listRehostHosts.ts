import { endpoint } from "./runtime/endpoint.ts";
import { rehostHosts } from "./services/rehostHosts.ts";

/** `GET /rehosts/hosts`: the hosts of URLs that can be re-hosted. */
export const handler = endpoint("listRehostHosts", async () => ({ hosts: rehostHosts() }));
