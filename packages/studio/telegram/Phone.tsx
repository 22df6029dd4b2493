import { useMutation } from "@tanstack/react-query";
import { Bot, Link2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { ChooseFiles } from "../images/ChooseFiles.tsx";
import { useImages } from "../images/useImages.ts";
import { Button } from "../ui/Button.tsx";
import text from "../ui/text.module.css";
import { ChatBubble, TypingBubble } from "./ChatBubble.tsx";
import styles from "./Phone.module.css";
import type { TelegramLink } from "./telegramLink.ts";
import { type Bubble, urlIn, useChat } from "./useChat.ts";

type Props = { base: string; link: TelegramLink | undefined };

/** A phone to try the bot with, on a developer's machine. */
export function Phone({ base, link }: Props) {
  const { bubbles, sendText, sendPhotos, press } = useChat(base);
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
        </div>
        <NotInGallery bubbles={bubbles} />
        {sending.isError && <ErrorMessage error={sending.error} />}
        <div className={styles.actions}>
          <Button
            size="small"
            disabled={!code || sending.isPending}
            onClick={() => sending.mutate(() => sendText(`/start ${code}`))}
          >
            <Link2 aria-hidden size={16} />
            Open the link
          </Button>
          <ChooseFiles
            label="Send a photo"
            variant="primary"
            size="small"
            multiple
            disabled={sending.isPending}
            onFiles={(files) => sending.mutate(() => sendPhotos(files))}
          />
        </div>
      </div>
    </section>
  );
}

/** Explains why a picture that the bot has kept is not in the gallery. */
function NotInGallery({ bubbles }: { bubbles: Bubble[] }) {
  const { data: images = [], isFetching } = useImages();
  const urls = bubbles.flatMap((bubble) =>
    bubble.by === "bot" ? (urlIn(bubble.message) ?? []) : [],
  );
  const last = urls.at(-1);
  const isMissing = last && !isFetching && images.every(({ url }) => url !== last);
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

/** The bot replies to everything that this phone can send. */
function awaitsReply(bubbles: Bubble[]) {
  const last = bubbles.at(-1);
  return last?.by === "me" || last?.pressed !== undefined;
}

const botName = ({ url }: TelegramLink) => new URL(url).pathname.slice(1);
