import type { Output } from "@keepsake/contract/api";

/** A one-time link to the bot. */
export type TelegramLink = Output<"linkTelegram">;
