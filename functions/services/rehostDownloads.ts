import { telegramFiles } from "@keepsake/adapters/platforms/telegram";
import { lazy } from "./lazy.ts";
import { telegram } from "./telegram.ts";
import { urlPlatforms } from "./urlDownloads.ts";

/** How each platform's files are downloaded. */
export const platforms = lazy(() => ({ telegram: telegramFiles(telegram()), ...urlPlatforms() }));
