import { Resource } from "./sstLinks.ts";

export const botName = () => Resource.TelegramBot.name;
