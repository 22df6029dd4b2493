import { useState } from "react";
import { ChooseFiles } from "../images/ChooseFiles.tsx";
import { Button } from "../ui/Button.tsx";
import { Link2, Send } from "../ui/icons.tsx";
import styles from "./PhoneInput.module.css";

type Props = {
  /** The code of a link that can be opened. */
  code: string | null | undefined;
  isSending: boolean;
  onText(text: string): Promise<void>;
  onPhotos(files: File[], caption: string): Promise<void>;
};

/** What a phone sends: a message, which Enter sends too, photos with what is typed as their caption, and opening the link. */
export function PhoneInput({ code, isSending, onText, onPhotos }: Props) {
  const [typed, setTyped] = useState("");
  const text = typed.trim();
  /** Empties the field; brings back what was typed when it could not be sent, unless something else is there by then. */
  const send = (sending: (text: string) => Promise<void>) => {
    setTyped("");
    sending(text).catch(() => setTyped((now) => now || typed));
  };
  return (
    <div className={styles.input}>
      <form
        className={styles.message}
        onSubmit={(event) => {
          event.preventDefault();
          if (text && !isSending) send(onText);
        }}
      >
        <input
          value={typed}
          aria-label="Message"
          placeholder="Message, or caption of a photo"
          autoComplete="off"
          enterKeyHint="send"
          maxLength={4_096}
          dir="auto"
          onChange={({ target }) => setTyped(target.value)}
        />
        <Button
          type="submit"
          shape="icon"
          aria-label="Send the message"
          aria-disabled={!text || isSending || undefined}
        >
          <Send aria-hidden size={18} />
        </Button>
      </form>
      <div className={styles.actions}>
        <Button
          size="small"
          disabled={!code || isSending}
          onClick={() => onText(`/start ${code}`).catch(() => {})}
        >
          <Link2 aria-hidden size={16} />
          Open the link
        </Button>
        <ChooseFiles
          label="Send a photo"
          variant="primary"
          size="small"
          multiple
          disabled={isSending}
          onFiles={(files) => send((caption) => onPhotos(files, caption))}
        />
      </div>
    </div>
  );
}
