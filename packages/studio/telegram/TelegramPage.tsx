import { useState } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { classes } from "../ui/classes.ts";
import { Page } from "../ui/Page.tsx";
import { LatestTelegramImage } from "./LatestTelegramImage.tsx";
import { LinkCard } from "./LinkCard.tsx";
import { Phone } from "./Phone.tsx";
import styles from "./TelegramPage.module.css";
import type { TelegramLink } from "./telegramLink.ts";

export function TelegramPage() {
  const { phone } = useSession().settings;
  const [link, setLink] = useState<TelegramLink>();
  return (
    <Page
      title="Telegram"
      lead="Send a photo to our bot, and it replies with an address that never changes. Its caption is kept, and an album gets a tag. Link your account, and everything you send from it appears in your gallery, too."
    >
      <div className={classes(styles.columns, phone !== undefined && styles.withPhone)}>
        <div className={styles.steps}>
          <LinkCard link={link} onLink={setLink} />
          <LatestTelegramImage />
        </div>
        {phone && <Phone base={phone} link={link} />}
      </div>
    </Page>
  );
}
