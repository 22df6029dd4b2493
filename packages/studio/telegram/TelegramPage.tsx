import "./telegram.css";
import type { Output } from "@keepsake/contract/api";
import { useState } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { Page } from "../ui/Page.tsx";
import { LatestTelegramImage } from "./LatestTelegramImage.tsx";
import { LinkCard } from "./LinkCard.tsx";
import { Phone } from "./Phone.tsx";

export type TelegramLink = Output<"linkTelegram">;

export function TelegramPage() {
  const { settings } = useSession();
  const [link, setLink] = useState<TelegramLink>();
  return (
    <Page
      title="Telegram"
      lead="Send a photo to our bot, and it answers with an address that never changes. Link your account, and all that you send from there is in your gallery, too."
    >
      <div className={settings.phone ? "telegram with-phone" : "telegram"}>
        <div className="telegram-steps">
          <LinkCard link={link} onLink={setLink} />
          <LatestTelegramImage />
        </div>
        {settings.phone && <Phone base={settings.phone} link={link} />}
      </div>
    </Page>
  );
}
