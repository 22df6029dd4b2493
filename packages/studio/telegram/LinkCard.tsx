import { limits } from "@keepsake/contract/limits";
import { useMutation } from "@tanstack/react-query";
import { Link2, Send } from "lucide-react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import type { TelegramLink } from "./TelegramPage.tsx";
import { useSecondsUntil } from "./useSecondsUntil.ts";

type Props = { link: TelegramLink | undefined; onLink(link: TelegramLink): void };

/** The one-time link that binds a Telegram account to the caller. */
export function LinkCard({ link, onLink }: Props) {
  const { client } = useSession();
  const asking = useMutation({ mutationFn: () => client.linkTelegram(), onSuccess: onLink });
  const seconds = useSecondsUntil(link?.expires_at);
  const isGood = link !== undefined && seconds > 0;

  return (
    <section className="card telegram-card" aria-labelledby="link">
      <h2 id="link">Link your account</h2>
      <p>
        The link opens a chat with the bot, which asks you to confirm. It works once, within{" "}
        {limits.telegram_link_seconds / 60} minutes; keep it to yourself.
      </p>
      {isGood && <FreshLink link={link} seconds={seconds} />}
      {link && !isGood && <p role="status">This link is too old. Get a new one.</p>}
      {asking.isError && <ErrorMessage error={asking.error} />}
      <div>
        <button
          type="button"
          className={isGood ? "button" : "button primary"}
          aria-disabled={asking.isPending || undefined}
          onClick={() => asking.isPending || asking.mutate()}
        >
          <Link2 aria-hidden size={18} />
          {link ? "Get a new link" : "Get my link"}
        </button>
      </div>
      <p className="hint">Sending /unlink to the bot undoes it.</p>
    </section>
  );
}

function FreshLink({ link: { url }, seconds }: { link: TelegramLink; seconds: number }) {
  return (
    <div className="telegram-link">
      <p>
        <code>{url}</code>
      </p>
      <div className="telegram-link-actions">
        <a className="button primary" href={url} target="_blank" rel="noreferrer">
          <Send aria-hidden size={16} /> Open in Telegram
        </a>
        <CopyButton text={url} label="Copy link" />
        <span className="hint" role="timer">
          Good for {clockText(seconds)}
        </span>
      </div>
    </div>
  );
}

/** `125` → `2:05`. */
const clockText = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
