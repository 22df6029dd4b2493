import { identifyAttachment } from "@keepsake/adapters/platforms/discordFiles";
import { identifyTelegramFile } from "@keepsake/adapters/platforms/telegram";
import { identifyUrl } from "@keepsake/adapters/platforms/urlFiles";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

/** How each platform names a file. */
export const identify = lazy(() => ({
  telegram: identifyTelegramFile,
  discord: identifyAttachment(Resource.Discord),
  url: identifyUrl(Resource.RehostHosts),
}));
