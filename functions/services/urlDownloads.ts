import { discordFiles } from "@keepsake/adapters/platforms/discordFiles";
import { urlFiles } from "@keepsake/adapters/platforms/urlFiles";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

/** How files are downloaded by a URL that the caller sent. */
export const urlPlatforms = lazy(() => ({
  discord: discordFiles(Resource.Discord),
  url: urlFiles(Resource.RehostHosts),
}));
