import { useEffect, useRef, useState } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { classes } from "../ui/classes.ts";
import { Page } from "../ui/Page.tsx";
import type { TelegramLink } from "./accountLink.ts";
import { LatestTelegramImage } from "./LatestTelegramImage.tsx";
import { LinkCard } from "./LinkCard.tsx";
import { LinkedAccounts } from "./LinkedAccounts.tsx";
import { Phone } from "./Phone.tsx";
import styles from "./TelegramPage.module.css";
import { useSecondsUntil } from "./useSecondsUntil.ts";
import { type TelegramAccount, useTelegramAccounts } from "./useTelegramAccounts.ts";

/** Which accounts are linked, the link for another, and on a developer's machine a phone to try it with. */
export function TelegramPage() {
  const { phone } = useSession().settings;
  const [link, setLink] = useState<TelegramLink>();
  const mayBeLinked = useSecondsUntil(link?.expires_at) > 0;
  const { data: accounts, error, refetch } = useTelegramAccounts({ mayBeLinked });
  useOnNewAccount(accounts, () => setLink(undefined)); // it works once
  return (
    <Page
      title="Telegram"
      lead="Send a photo to our bot, and it replies with an address that never changes. Its caption is kept, and an album gets a tag. Link your account, and everything you send from it appears in your gallery, too."
    >
      <div className={classes(styles.columns, phone !== undefined && styles.withPhone)}>
        <div className={styles.steps}>
          <LinkedAccounts accounts={accounts} error={error} onRetry={refetch} />
          <LinkCard link={link} onLink={setLink} isFirst={!accounts?.length} />
          <LatestTelegramImage />
        </div>
        {phone && <Phone base={phone} link={link} onMessage={() => refetch()} />}
      </div>
    </Page>
  );
}

/** Calls `onNew` when an account is linked that was not there before. */
function useOnNewAccount(accounts: TelegramAccount[] | undefined, onNew: () => void) {
  const known = useRef<Set<string>>(undefined);
  useEffect(() => {
    if (!accounts) return;
    const before = known.current;
    known.current = new Set(accounts.map(keyOf));
    if (before && accounts.some((account) => !before.has(keyOf(account)))) onNew();
  }, [accounts]);
}

/** An account that is linked again counts as new. */
const keyOf = ({ telegram_id, linked_at }: TelegramAccount) => `${telegram_id} ${linked_at}`;
