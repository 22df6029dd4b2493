import { hostsOf } from "@keepsake/adapters/platforms/urlFiles";
import { Resource } from "./sstLinks.ts";

/** The hosts that images may be re-hosted from by their URL. */
export const rehostHosts = () => hostsOf(Resource.RehostHosts);
