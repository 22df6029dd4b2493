import { Button } from "../ui/Button.tsx";
import { classes } from "../ui/classes.ts";
import text from "../ui/text.module.css";
import styles from "./ChatBubble.module.css";
import type { InlineButton } from "./phoneClient.ts";
import { type BotBubble, type Bubble, urlIn } from "./useChat.ts";

type OnPress = (bubble: BotBubble, button: InlineButton) => void;

/** One message of the chat, with the buttons below it. */
export function ChatBubble({ bubble, onPress }: { bubble: Bubble; onPress: OnPress }) {
  if (bubble.by === "bot") return <BotMessage bubble={bubble} onPress={onPress} />;
  return (
    <div className={classes(styles.bubble, styles.me)}>
      <span className={text.visuallyHidden}>You: </span>
      {"photo" in bubble ? (
        <>
          <img src={bubble.photo} alt={bubble.name} />
          {bubble.caption && (
            <p className={styles.caption} dir="auto">
              {bubble.caption}
            </p>
          )}
        </>
      ) : (
        <bdi>{bubble.text}</bdi>
      )}
    </div>
  );
}

export const TypingBubble = () => (
  <p className={classes(styles.bubble, styles.bot, styles.typing)}>The bot is typing…</p>
);

function BotMessage({ bubble, onPress }: { bubble: BotBubble; onPress: OnPress }) {
  const { message, pressed } = bubble;
  const url = urlIn(message);
  const buttons = message.reply_markup?.inline_keyboard.flat() ?? [];
  return (
    <div className={classes(styles.bubble, styles.bot)}>
      <span className={text.visuallyHidden}>The bot: </span>
      {url === message.text ? (
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>
      ) : (
        <bdi>{message.text}</bdi>
      )}
      {buttons.length > 0 && (
        <div className={styles.buttons}>
          {buttons.map((button) => (
            <Button
              key={button.callback_data}
              size="small"
              aria-pressed={pressed === undefined ? undefined : pressed === button.text}
              aria-disabled={pressed !== undefined} // not `disabled`, which would take the focus away
              onClick={() => pressed === undefined && onPress(bubble, button)}
            >
              {button.text}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
