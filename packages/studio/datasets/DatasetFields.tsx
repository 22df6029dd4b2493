import { limits } from "@keepsake/contract/limits";
import type { ReactNode } from "react";
import { Field } from "../ui/Field.tsx";
import styles from "./DatasetFields.module.css";

type Props = {
  name: string;
  setName(name: string): void;
  triggerWord: string;
  setTriggerWord(word: string): void;
  /** Below the fields. */
  children: ReactNode;
};

/** The name and the trigger word of a dataset. */
export function DatasetFields({ name, setName, triggerWord, setTriggerWord, children }: Props) {
  return (
    <div className={styles.fields}>
      <Field label="Name">
        <input
          data-focus-first
          value={name}
          dir="auto"
          onChange={({ target }) => setName(target.value)}
          required
          pattern=".*\S.*"
          maxLength={limits.dataset_name_chars}
          placeholder="Lighthouses at dusk"
          autoComplete="off"
        />
      </Field>
      <Field label="Trigger word" hint="Optional">
        <input
          value={triggerWord}
          dir="auto"
          onChange={({ target }) => setTriggerWord(target.value)}
          maxLength={limits.trigger_word_chars}
          placeholder="lghthse"
          autoComplete="off"
          spellCheck={false}
          aria-describedby="trigger-word-hint"
        />
      </Field>
      <p id="trigger-word-hint" className={styles.hint}>
        A rare word that stands for what the model learns. You write it into prompts later, and
        exports put it where their trainer looks for it.
      </p>
      {children}
    </div>
  );
}
