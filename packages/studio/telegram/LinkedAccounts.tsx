import { useState } from "react";
import { LoadError } from "../api/LoadError.tsx";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatDate } from "../ui/format.ts";
import { CircleCheck } from "../ui/icons.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import styles from "./LinkedAccounts.module.css";
import { UnlinkAccount } from "./UnlinkAccount.tsx";
import { accountName, type TelegramAccount } from "./useTelegramAccounts.ts";

type Props = {
  /** Undefined while they are loading. */
  accounts: TelegramAccount[] | undefined;
  error: unknown;
  onRetry(): void;
};

/** The Telegram accounts whose pictures are in the gallery. */
export function LinkedAccounts({ accounts, error, onRetry }: Props) {
  const [unlinking, setUnlinking] = useState<TelegramAccount>();
  return (
    <section className={classes(card.card, styles.card)} aria-labelledby="linked">
      <h2 id="linked">Linked accounts</h2>
      {error !== null && (
        <LoadError error={error} onRetry={onRetry} isShown={accounts !== undefined} />
      )}
      {!accounts && error === null && <Skeleton className={styles.loading} />}
      <div role="status">
        {accounts?.length === 0 && (
          <p className={text.muted}>None yet: pictures that you send to the bot are not here.</p>
        )}
        {accounts && accounts.length > 0 && (
          <ul className={styles.accounts}>
            {accounts.map((account) => (
              <li key={account.telegram_id}>
                <CircleCheck aria-hidden size={20} />
                <div>
                  <p className={styles.name}>
                    <bdi>{accountName(account)}</bdi>
                  </p>
                  <p className={text.hint}>Linked on {formatDate(account.linked_at)}</p>
                </div>
                <Button size="small" onClick={() => setUnlinking(account)}>
                  Unlink…
                  <span className={text.visuallyHidden}> {accountName(account)}</span>
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
      {unlinking && <UnlinkAccount account={unlinking} onClose={() => setUnlinking(undefined)} />}
    </section>
  );
}
