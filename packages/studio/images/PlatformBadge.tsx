import type { Image } from "@keepsake/contract/schemas";
import { Chip } from "../ui/Chip.tsx";
import { Braces, Globe, type Icon, Link, MessagesSquare, Send } from "../ui/icons.tsx";
import { platformName } from "./imageNames.ts";

const icons: Record<Image["platform"], Icon> = {
  web: Globe,
  telegram: Send,
  discord: MessagesSquare,
  url: Link,
  base64: Braces,
};

/** Where an image came from. */
export function PlatformBadge({ platform }: Pick<Image, "platform">) {
  const Icon = icons[platform] ?? Link; // a page may be older than the API
  return (
    <Chip tone={platform === "web" ? undefined : "accent"}>
      <Icon aria-hidden size={13} />
      {platformName(platform)}
    </Chip>
  );
}
