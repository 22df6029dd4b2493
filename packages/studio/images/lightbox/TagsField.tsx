import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { type KeyboardEvent, useId, useRef } from "react";
import { X } from "../../ui/icons.tsx";
import { SaveStatus } from "./SaveStatus.tsx";
import styles from "./TagsField.module.css";
import field from "./TextField.module.css";
import type { TextStore } from "./textStore.ts";
import { storedValue, useTypedText } from "./useImageTexts.ts";

type Props = { image: Image; store: TextStore };

/** The tags of an image: a comma, Enter or leaving the field adds what is typed, and Backspace in an empty one removes the last. */
export function TagsField({ image, store }: Props) {
  const { image_id } = image;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const typed = useTypedText(store, image_id, "tags");
  const typing = useTypedText(store, image_id, "newTag")?.value ?? "";
  const tags: string[] = JSON.parse(typed?.value ?? storedValue(image, "tags"));
  const isFull = tags.length >= limits.tags_per_image;

  const change = (next: string[]) => {
    store.type(image_id, "tags", JSON.stringify(next));
    store.save(image_id, "tags");
  };
  const add = (texts: string[]) => {
    const added = texts.map((text) => text.trim().toLowerCase()).filter(Boolean);
    const next = [...new Set([...tags, ...added])].slice(0, limits.tags_per_image);
    if (next.length > tags.length) change(next);
    store.drop(image_id, "newTag");
  };
  const addTyped = () => {
    if (typing.trim()) add([typing]);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      addTyped();
    } else if (event.key === "Backspace" && typing === "" && tags.length > 0)
      change(tags.slice(0, -1));
  };

  return (
    <div className={field.field}>
      <div className={field.head}>
        <label htmlFor={id}>Tags</label>
        <SaveStatus typed={typed} onRetry={() => store.save(image_id, "tags")} />
      </div>
      {tags.length > 0 && (
        <ul className={styles.tags} aria-label="Tags">
          {tags.map((tag) => (
            <li key={tag} className={styles.tag}>
              <span dir="auto">{tag}</span>
              <button
                type="button"
                className={styles.remove}
                aria-label={`Remove the tag ${tag}`}
                onClick={() => {
                  change(tags.filter((other) => other !== tag));
                  input.current?.focus(); // the button is gone
                }}
              >
                <X size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={input}
        id={id}
        className={field.control}
        value={typing}
        maxLength={limits.tag_chars}
        dir="auto"
        readOnly={isFull}
        placeholder={isFull ? `${limits.tags_per_image} tags are the most` : "Add a tag"}
        onChange={({ target: { value } }) => {
          if (!value.includes(",")) return store.type(image_id, "newTag", value);
          add(value.split(","));
        }}
        onKeyDown={onKeyDown}
        onBlur={addTyped}
      />
    </div>
  );
}
