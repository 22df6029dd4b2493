import { discordFiles, identifyAttachment } from "@keepsake/adapters/platforms/discord";
import { identifyTelegramFile, telegramFiles } from "@keepsake/adapters/platforms/telegram";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";
import { telegram } from "./telegram.ts";

/** How each platform names a file. */
export const identify = lazy(() => ({
  telegram: identifyTelegramFile,
  discord: identifyAttachment(Resource.Discord),
}));

/** How each platform's files are downloaded. */
export const platforms = lazy(() => ({
  telegram: telegramFiles(telegram()),
  discord: discordFiles(Resource.Discord),
}));
