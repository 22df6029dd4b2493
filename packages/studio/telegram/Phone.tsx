import { useImages } from "@keepsake/client/react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Bot } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import type { TelegramLink } from "./accountLink.ts";
import { ChatBubble, TypingBubble } from "./ChatBubble.tsx";
import styles from "./Phone.module.css";
import { PhoneInput } from "./PhoneInput.tsx";
import { type Bubble, urlIn, useChat } from "./useChat.ts";

type Props = {
  base: string;
  link: TelegramLink | undefined;
  /** Called with each message of the bot, which may have linked or unlinked an account. */
  onMessage(): void;
};

/** A phone to try the bot with, on a developer's machine. */
export function Phone({ base, link, onMessage }: Props) {
  const { bubbles, sendText, sendPhotos, press } = useChat(base, { onMessage });
  const sending = useMutation({ mutationFn: (send: () => Promise<void>) => send() });
  const code = link && new URL(link.url).searchParams.get("start");
  const chat = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (bubbles.length > 0) chat.current?.scrollTo({ top: chat.current.scrollHeight });
  }, [bubbles]);

  return (
    <section className={styles.section} aria-labelledby="phone">
      <div>
        <h2 id="phone">Try it with a simulated phone</h2>
        <p className={text.hint}>On this machine Telegram is simulated, and this phone is yours.</p>
      </div>
      <div className={styles.phone}>
        <div className={styles.head}>
          <Bot aria-hidden size={22} />
          <div>
            <p className={styles.title}>{link ? botName(link) : "Keepsake"}</p>
            <p className={styles.subtitle}>bot</p>
          </div>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard */}
        <div ref={chat} className={styles.chat} role="log" aria-label="Chat" tabIndex={0}>
          {bubbles.length === 0 && (
            <p className={styles.empty}>No messages yet. Send a photo, or open your link first.</p>
          )}
          {bubbles.map((bubble) => (
            <ChatBubble
              key={bubble.id}
              bubble={bubble}
              onPress={(pressed, button) => sending.mutate(() => press(pressed, button))}
            />
          ))}
          {awaitsReply(bubbles) && <TypingBubble />}
          {isIgnored(bubbles) && (
            <p className={styles.ignored}>The bot replies to photos, links and /unlink only.</p>
          )}
        </div>
        <NotInGallery bubbles={bubbles} />
        {sending.isError && <ErrorMessage error={sending.error} />}
        <PhoneInput
          code={code}
          isSending={sending.isPending}
          onText={(text) => sending.mutateAsync(() => sendText(text))}
          onPhotos={(files, caption) => sending.mutateAsync(() => sendPhotos(files, caption))}
        />
      </div>
    </section>
  );
}

/** Explains why a picture that the bot has kept is not in the gallery. */
function NotInGallery({ bubbles }: { bubbles: Bubble[] }) {
  const { images, isRefreshing } = useImages();
  const urls = bubbles.flatMap((bubble) =>
    bubble.by === "bot" ? (urlIn(bubble.message) ?? []) : [],
  );
  const last = urls.at(-1);
  const isMissing = last && !isRefreshing && images.every(({ url }) => url !== last);
  return (
    <div role="status">
      {isMissing && (
        <p className={styles.note}>
          This picture is not in your gallery yet, because this phone is not linked to your account.
          Get your link and open it here.
        </p>
      )}
    </div>
  );
}

/** The bot replies to photos, buttons and its commands. */
function awaitsReply(bubbles: Bubble[]) {
  const last = bubbles.at(-1);
  if (last?.by === "me") return !("isIgnored" in last && last.isIgnored);
  return last?.pressed !== undefined;
}

function isIgnored(bubbles: Bubble[]) {
  const last = bubbles.at(-1);
  return last !== undefined && "isIgnored" in last && last.isIgnored;
}

const botName = ({ url }: TelegramLink) => new URL(url).pathname.slice(1);
