import type { Image } from "@keepsake/contract/schemas";
import { formatDate } from "../ui/format.ts";

const platformNames: Record<Image["platform"], string> = {
  web: "Web",
  telegram: "Telegram",
  discord: "Discord",
  url: "URL",
  base64: "API",
};

/** What people call a platform. One of a later release is shown as the API names it. */
export const platformName = (platform: string) =>
  platformNames[platform as Image["platform"]] ?? platform;

/** The name of its file; without one, where it came from and when. */
export const imageName = ({
  filename,
  platform,
  created_at,
}: Pick<Image, "filename" | "platform" | "created_at">) =>
  filename ?? `Picture from ${platformName(platform)}, ${formatDate(created_at)}`;
