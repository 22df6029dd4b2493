import type { Image } from "@keepsake/contract/schemas";
import { formatDate } from "../ui/format.ts";

export const platformNames: Record<Image["platform"], string> = {
  web: "Web",
  telegram: "Telegram",
  discord: "Discord",
};

/** The name of its file; without one, where it came from and when. */
export const imageName = ({ filename, platform, created_at }: Image) =>
  filename ?? `Picture from ${platformNames[platform]}, ${formatDate(created_at)}`;
