import { limits } from "@keepsake/contract/limits";
import { useMutation } from "@tanstack/react-query";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button, buttonClass } from "../ui/Button.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Link2, Send } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import type { TelegramLink } from "./accountLink.ts";
import styles from "./LinkCard.module.css";
import { useSecondsUntil } from "./useSecondsUntil.ts";

type Props = {
  link: TelegramLink | undefined;
  /** Whether no account is linked yet. */
  isFirst: boolean;
  onLink(link: TelegramLink): void;
};

/** Creates the one-time link that binds a Telegram account to the signed-in owner. */
export function LinkCard({ link, isFirst, onLink }: Props) {
  const { client } = useSession();
  const creation = useMutation({ mutationFn: () => client.linkTelegram(), onSuccess: onLink });
  const seconds = useSecondsUntil(link?.expires_at);
  const isValid = link !== undefined && seconds > 0;

  return (
    <section className={classes(card.card, styles.card)} aria-labelledby="link">
      <h2 id="link">{isFirst ? "Link your account" : "Link another account"}</h2>
      <p>
        The link opens a chat with the bot, which asks you to confirm. It works once, within{" "}
        {limits.telegram_link_seconds / 60} minutes. Do not share it.
      </p>
      {isValid && <ValidLink link={link} seconds={seconds} />}
      {link && !isValid && <p role="status">This link has expired. Get a new one.</p>}
      {creation.isError && <ErrorMessage error={creation.error} />}
      <div>
        <Button
          variant={isValid ? undefined : "primary"}
          aria-disabled={creation.isPending || undefined}
          onClick={() => creation.isPending || creation.mutate()}
        >
          <Link2 aria-hidden size={18} />
          {link ? "Get a new link" : "Get my link"}
        </Button>
      </div>
    </section>
  );
}

function ValidLink({ link: { url }, seconds }: { link: TelegramLink; seconds: number }) {
  return (
    <div className={styles.link}>
      <p>
        <code>{url}</code>
      </p>
      <div className={styles.actions}>
        <a
          className={buttonClass({ variant: "primary" })}
          href={url}
          target="_blank"
          rel="noreferrer"
        >
          <Send aria-hidden size={16} /> Open in Telegram
        </a>
        <CopyButton value={url} label="Copy link" />
        <span className={classes(text.hint, styles.timer)} role="timer">
          Valid for {minutesText(seconds)}
        </span>
      </div>
    </div>
  );
}

/** `125` → `2:05`. */
const minutesText = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
