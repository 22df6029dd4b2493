import type { Button } from "./phoneClient.ts";
import { addressIn, type Bubble } from "./useChat.ts";

type Spoken = Bubble & { by: "bot" };
type Props = { bubble: Bubble; onPress(bubble: Spoken, button: Button): void };

/** One message of the chat, with the buttons that the bot put below it. */
export function ChatBubble({ bubble, onPress }: Props) {
  if (bubble.by === "bot") return <Said bubble={bubble} onPress={onPress} />;
  return (
    <div className="bubble me">
      <span className="visually-hidden">You: </span>
      {"photo" in bubble ? <img src={bubble.photo} alt={bubble.name} /> : bubble.text}
    </div>
  );
}

function Said({ bubble, onPress }: { bubble: Spoken; onPress: Props["onPress"] }) {
  const { reply, pressed } = bubble;
  const address = addressIn(reply);
  const buttons = reply.reply_markup?.inline_keyboard.flat() ?? [];
  return (
    <div className="bubble bot">
      <span className="visually-hidden">The bot: </span>
      {address === reply.text ? (
        <a href={address} target="_blank" rel="noreferrer">
          {address}
        </a>
      ) : (
        reply.text
      )}
      {buttons.length > 0 && (
        <div className="bubble-buttons">
          {buttons.map((button) => (
            <button
              key={button.callback_data}
              type="button"
              className="button small"
              aria-pressed={pressed === undefined ? undefined : pressed === button.text}
              disabled={pressed !== undefined}
              onClick={() => onPress(bubble, button)}
            >
              {button.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
