import type { Image } from "@keepsake/contract/schemas";
import { Globe, MessagesSquare, Send } from "lucide-react";
import { Chip } from "../ui/Chip.tsx";
import { platformNames } from "./imageNames.ts";

const icons = { web: Globe, telegram: Send, discord: MessagesSquare };

/** Where an image came from. */
export function PlatformBadge({ platform }: Pick<Image, "platform">) {
  const Icon = icons[platform];
  return (
    <Chip tone={platform === "web" ? undefined : "accent"}>
      <Icon aria-hidden size={13} />
      {platformNames[platform]}
    </Chip>
  );
}
