import { limits } from "@keepsake/contract/limits";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { CaptionStore } from "../captions/captionStore.ts";
import styles from "./CaptionEditor.module.css";
import type { CardEvents } from "./gridActions.ts";

type Props = {
  image_id: string;
  name: string;
  caption: string | null;
  captions: CaptionStore;
  events: CardEvents;
  /** Of the sentence with the keys. */
  keysId: string;
};

const maxLength = limits.dataset_caption_chars;

/**
 * A caption as it is edited. Ctrl or Cmd with Enter, and Tab, save it and go to the next; Escape cancels; leaving it
 * in any other way saves it too.
 */
export function CaptionEditor({ image_id, name, caption, captions, events, keysId }: Props) {
  const [text, setText] = useState(caption ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const latest = useRef(text);
  latest.current = text;
  const isFinished = useRef(false);

  const finish = (keeps: boolean) => {
    if (isFinished.current) return;
    isFinished.current = true;
    const typed = latest.current.trim();
    if (keeps && typed !== (caption ?? "")) captions.save(image_id, typed || null);
    else captions.dropDraft(image_id);
  };
  const finishLatest = useRef(finish);
  finishLatest.current = finish;
  useLayoutEffect(() => {
    const { current } = field;
    current?.focus({ preventScroll: true });
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);
  useEffect(() => () => finishLatest.current(true), []); // another page was opened

  const onKeyDown = (event: KeyboardEvent) => {
    const { key, shiftKey } = event;
    if (event.nativeEvent.isComposing) return; // the key belongs to an input method
    const isCommandEnter = key === "Enter" && (event.ctrlKey || event.metaKey);
    const step = key === "Tab" && shiftKey ? -1 : 1;
    if (key === "Escape") {
      finish(false);
      events.finishEditing(image_id, 0);
    } else if (isCommandEnter || (key === "Tab" && events.hasNext(image_id, step))) {
      finish(true);
      events.finishEditing(image_id, step);
    } else return; // Tab leaves the last caption as it leaves any field
    event.preventDefault();
  };

  return (
    <>
      <textarea
        ref={field}
        className={styles.field}
        dir="auto"
        value={text}
        maxLength={maxLength}
        aria-label={`Caption of ${name}`}
        aria-describedby={keysId}
        onChange={({ target }) => {
          setText(target.value);
          captions.keepDraft(image_id, target.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          // finished by a key, or the window has lost the focus and its draft is kept
          if (isFinished.current || document.activeElement === field.current) return;
          finish(true);
          events.stopEditing(image_id);
        }}
      />
      <p id={keysId} className={styles.keys}>
        <kbd>Tab</kbd> saves, next · <kbd>Esc</kbd> cancels
        {text.length > maxLength * 0.8 && ` · ${maxLength - text.length} characters left`}
      </p>
    </>
  );
}
