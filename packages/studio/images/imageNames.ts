import type { Image } from "@keepsake/contract/schemas";
import { dateText } from "../api/errorText.ts";

export const platformNames: Record<Image["platform"], string> = {
  web: "Web",
  telegram: "Telegram",
  discord: "Discord",
};

/** How to call an image: by its file's name where it has one. */
export const imageName = ({ filename, platform, created_at }: Image) =>
  filename ?? `Picture from ${platformNames[platform]}, ${dateText(created_at)}`;
