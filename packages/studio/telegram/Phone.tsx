import { useMutation } from "@tanstack/react-query";
import { Bot, Link2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { ChooseFiles } from "../images/ChooseFiles.tsx";
import { useImages } from "../images/useImages.ts";
import { ChatBubble } from "./ChatBubble.tsx";
import type { TelegramLink } from "./TelegramPage.tsx";
import { addressIn, type Bubble, useChat } from "./useChat.ts";

type Props = { base: string; link: TelegramLink | undefined };

/** A phone to try the bot with, on a developer's machine. */
export function Phone({ base, link }: Props) {
  const { bubbles, say, sendPhoto, press } = useChat(base);
  const doing = useMutation({ mutationFn: (act: () => Promise<void>) => act() });
  const code = link && new URL(link.url).searchParams.get("start");
  const chat = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (bubbles.length > 0) chat.current?.scrollTo({ top: chat.current.scrollHeight });
  }, [bubbles]);

  return (
    <section className="phone-stand" aria-labelledby="phone">
      <div>
        <h2 id="phone">A phone to try it with</h2>
        <p className="hint">On this machine a stand-in plays Telegram, and this phone is yours.</p>
      </div>
      <div className="phone">
        <div className="phone-head">
          <Bot aria-hidden size={22} />
          <div>
            <p className="phone-title">{link ? botOf(link) : "Keepsake"}</p>
            <p className="phone-subtitle">bot</p>
          </div>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <div ref={chat} className="phone-chat" role="log" aria-label="Chat" tabIndex={0}>
          {bubbles.length === 0 && (
            <p className="phone-empty">No messages yet. Send a photo, or open your link first.</p>
          )}
          {bubbles.map((bubble) => (
            <ChatBubble
              key={bubble.id}
              bubble={bubble}
              onPress={(pressed, button) => doing.mutate(() => press(pressed, button))}
            />
          ))}
          {isTyping(bubbles) && <p className="bubble bot typing">The bot is writing…</p>}
        </div>
        <Unlinked bubbles={bubbles} />
        {doing.isError && <ErrorMessage error={doing.error} />}
        <div className="phone-actions">
          <button
            type="button"
            className="button small"
            disabled={!code || doing.isPending}
            onClick={() => doing.mutate(() => say(`/start ${code}`))}
          >
            <Link2 aria-hidden size={16} />
            Open the link
          </button>
          <ChooseFiles
            label="Send a photo"
            className="button primary small"
            disabled={doing.isPending}
            onFiles={([file]) => file && doing.mutate(() => sendPhoto(file))}
          />
        </div>
      </div>
    </section>
  );
}

/** Says why a picture that the bot has kept is not in the gallery. */
function Unlinked({ bubbles }: { bubbles: Bubble[] }) {
  const { data: images = [], isFetching } = useImages();
  const addresses = bubbles.flatMap((bubble) =>
    bubble.by === "bot" ? (addressIn(bubble.reply) ?? []) : [],
  );
  const last = addresses.at(-1);
  const isMissing = last && !isFetching && images.every(({ url }) => url !== last);
  return (
    <div role="status">
      {isMissing && (
        <p className="phone-note">
          It is kept, but not in your gallery yet: this phone is not linked to you. Get your link,
          open it here, and it will be.
        </p>
      )}
    </div>
  );
}

/** The bot answers whatever this phone can say. */
function isTyping(bubbles: Bubble[]) {
  const last = bubbles.at(-1);
  return last?.by === "me" || last?.pressed !== undefined;
}

const botOf = ({ url }: TelegramLink) => new URL(url).pathname.slice(1);
