import { limits } from "@keepsake/contract/limits";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { useState } from "react";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { editCharacter } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./DraftTextEditor.module.css";

type Props = { draftKey: string; character: PieceDraft; onClose(): void };

/** Name and description of a draft. What is typed is stored at once; one undo takes all of it back. */
export function DraftTextEditor({ draftKey, character, onClose }: Props) {
  const { change } = useDrafts();
  const [session] = useState(() => crypto.randomUUID());
  const edit = (text: { name?: string; description?: string }) =>
    change(editCharacter(draftKey, text, session));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape in one of its fields closes it
    <div
      className={styles.editor}
      onKeyDown={({ key }) => {
        if (key === "Escape") onClose();
      }}
    >
      <Field label="Name">
        <input
          dir="auto"
          // biome-ignore lint/a11y/noAutofocus: the button that opens the editor was just pressed
          autoFocus
          value={character.name}
          onChange={({ target }) => edit({ name: target.value })}
          maxLength={limits.name_chars}
        />
      </Field>
      <Field label="Description">
        <textarea
          dir="auto"
          value={character.description}
          onChange={({ target }) => edit({ description: target.value })}
          maxLength={limits.description_chars}
        />
      </Field>
      <Button size="small" onClick={onClose}>
        Done
      </Button>
    </div>
  );
}
