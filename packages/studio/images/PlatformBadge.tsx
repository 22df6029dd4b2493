import type { Image } from "@keepsake/contract/schemas";
import { Globe, MessagesSquare, Send } from "lucide-react";
import { platformNames } from "./imageNames.ts";

const icons = { web: Globe, telegram: Send, discord: MessagesSquare };

/** Where an image came from. */
export function PlatformBadge({ platform }: Pick<Image, "platform">) {
  const Icon = icons[platform];
  return (
    <span className={platform === "web" ? "chip" : "chip accent"}>
      <Icon aria-hidden size={13} />
      {platformNames[platform]}
    </span>
  );
}
