import { type ReactNode, useRef } from "react";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import styles from "./EditedField.module.css";
import type { FieldEdit } from "./useEdits.ts";

type Props = {
  label: string;
  edit: FieldEdit;
  hint?: string;
  isLong?: boolean;
  isRequired?: boolean;
  /** In characters. */
  maxLength?: number;
  placeholder?: string;
  /** Beside the field, such as a button that removes it. */
  children?: ReactNode;
};

/** A text with its label, whether it is saved, and what somewhere else made of it meanwhile. */
export function EditedField({ label, edit, hint, isLong, isRequired, children, ...input }: Props) {
  const control = {
    ...input,
    dir: "auto" as const,
    value: edit.value ?? "",
    required: isRequired,
    ...(isRequired && { pattern: ".*\\S.*" }),
    onChange: ({ target }: { target: { value: string } }) => edit.change(target.value),
  };
  const field = useRef<HTMLDivElement>(null);
  /** The buttons of the conflict go. */
  const focusField = () => field.current?.querySelector<HTMLElement>("input, textarea")?.focus();
  return (
    <div ref={field}>
      <Field label={label} {...(hint && { hint })}>
        {isLong ? <TextArea {...control} /> : <input {...control} />}
      </Field>
      {edit.isUnsaved && !edit.conflict && <p className={styles.unsaved}>Unsaved</p>}
      {edit.conflict && (
        <Conflict label={label} edit={edit} theirs={edit.conflict.theirs} onResolve={focusField} />
      )}
      {children}
    </div>
  );
}

/** A `textarea` has no pattern. */
const TextArea = ({ pattern: _, ...props }: { pattern?: string }) => <textarea {...props} />;

type ConflictProps = {
  label: string;
  edit: FieldEdit;
  theirs: string | null;
  onResolve(): void;
};

function Conflict({ label, edit, theirs, onResolve }: ConflictProps) {
  const resolve = (by: () => void) => () => {
    onResolve();
    by();
  };
  return (
    <div className={styles.conflict} role="alert" tabIndex={-1} data-conflict>
      <p>{label} was changed elsewhere while you were writing. Saved there:</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text scrolls, by the keyboard too */}
      <p className={styles.theirs} dir="auto" tabIndex={0}>
        {theirs ?? "(nothing)"}
      </p>
      <div className={styles.buttons}>
        <Button size="small" onClick={resolve(edit.keepMine)}>
          Keep mine
        </Button>
        <Button size="small" onClick={resolve(edit.discard)}>
          Use that one
        </Button>
      </div>
    </div>
  );
}
