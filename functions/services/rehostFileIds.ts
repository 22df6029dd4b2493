import { identifyAttachment } from "@keepsake/adapters/platforms/discordFiles";
import { identifyTelegramFile } from "@keepsake/adapters/platforms/telegram";
import { identifyUrl } from "@keepsake/adapters/platforms/urlFiles";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

/** How each platform names a file. */
export const identify = lazy(() => ({
  telegram: identifyTelegramFile,
  discord: identifyAttachment(Resource.Discord),
  url: identifyUrl(Resource.RehostHosts),
}));
