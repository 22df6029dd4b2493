import { discordFiles } from "@keepsake/adapters/platforms/discord";
import { telegramFiles } from "@keepsake/adapters/platforms/telegram";
import { urlFiles } from "@keepsake/adapters/platforms/url";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";
import { telegram } from "./telegram.ts";

/** How each platform's files are downloaded. */
export const platforms = lazy(() => ({
  telegram: telegramFiles(telegram()),
  discord: discordFiles(Resource.Discord),
  url: urlFiles(Resource.RehostHosts),
}));
