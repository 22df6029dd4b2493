import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useId } from "react";
import { SaveStatus } from "./SaveStatus.tsx";
import styles from "./TextField.module.css";
import type { TextStore } from "./textStore.ts";
import { storedValue, useTypedText } from "./useImageTexts.ts";

type Props = {
  image: Image;
  store: TextStore;
  field: "alt" | "caption" | "filename";
  /** Of a text of several lines. */
  rows?: number;
};

/** A text about an image, saved as it is typed: after a pause, on leaving it, and a single line by Enter. */
export function TextField({ image, store, field, rows }: Props) {
  const { image_id } = image;
  const id = useId();
  const typed = useTypedText(store, image_id, field);
  const { label, hint, maxLength } = texts[field];
  useEffect(() => () => store.leave(image_id, field), [store, image_id, field]);
  const Control = rows ? "textarea" : "input";
  return (
    <div className={styles.field}>
      <div className={styles.head}>
        <label htmlFor={id}>{label}</label>
        <SaveStatus typed={typed} onRetry={() => store.save(image_id, field)} />
      </div>
      <Control
        id={id}
        className={styles.control}
        value={typed?.value ?? storedValue(image, field)}
        maxLength={maxLength}
        dir="auto"
        placeholder={hint}
        {...(rows && { rows })}
        onChange={({ target }) => store.type(image_id, field, target.value)}
        onFocus={() => store.enter(image_id, field)}
        onBlur={() => store.leave(image_id, field)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !rows && !event.nativeEvent.isComposing)
            store.save(image_id, field);
        }}
      />
    </div>
  );
}

const texts = {
  alt: {
    label: "Alt text",
    hint: "What it shows, for people who do not see it",
    maxLength: limits.alt_chars,
  },
  caption: { label: "Caption", hint: "", maxLength: limits.caption_chars },
  filename: { label: "Name", hint: "", maxLength: limits.filename_chars },
};
