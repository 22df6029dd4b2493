import { Resource } from "sst";

export const botName = () => Resource.TelegramBot.name;
