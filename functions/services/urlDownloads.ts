import { discordFiles } from "@keepsake/adapters/platforms/discordFiles";
import { urlFiles } from "@keepsake/adapters/platforms/urlFiles";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

/** How files are downloaded by a URL that the caller sent. */
export const urlPlatforms = lazy(() => ({
  discord: discordFiles(Resource.Discord),
  url: urlFiles(Resource.RehostHosts),
}));
