import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { Button } from "../../ui/Button.tsx";
import { Chip } from "../../ui/Chip.tsx";
import { classes } from "../../ui/classes.ts";
import { isGone } from "../isGone.ts";
import styles from "./EditForm.module.css";
import type { EditsOfSubject, Texts } from "./useEdits.ts";

type Props = {
  className?: string | undefined;
  /** What is edited; for screen readers. */
  name: string;
  /** The label of the button that saves. */
  action?: string;
  edits: EditsOfSubject;
  isOpen: boolean;
  /** Called when the form closes, which hides it unless something is unsaved. Moves the focus. */
  onClose(): void;
  refresh(): Promise<void>;
  /** The texts as they are saved now. */
  load(): Promise<Texts>;
  /** Saves the texts that changed. */
  send(changed: Texts): Promise<void>;
  /** In place of the form while it is closed. */
  closed?: ReactNode;
  /** The fields. */
  children: ReactNode;
};

/**
 * A form whose texts are stored in this browser as they are typed, until they are saved or discarded. It is open, too,
 * while there are such texts. Nothing that was changed elsewhere meanwhile is overwritten unseen.
 */
export function EditForm(props: Props) {
  const {
    className,
    name,
    action = "Save",
    edits,
    isOpen,
    onClose,
    refresh,
    load,
    send,
    closed,
    children,
  } = props;
  const unsaved = Object.keys(edits.unsaved).length;
  const saving = useMutation({
    async mutationFn() {
      if (edits.conflictsWith(await load())) {
        isConflictNew.current = true;
        return refresh(); // which shows them
      }
      const changed = edits.unsaved;
      await send(changed);
      await refresh();
      edits.forgetSaved(changed);
      onClose();
    },
    onError: (error) => isGone(error) && refresh(),
  });
  const form = useRef<HTMLFormElement>(null);
  const isConflictNew = useRef(false);
  const save = () => {
    if (edits.hasConflict) goToConflict(form.current);
    else if (!saving.isPending) saving.mutate();
  };
  useEffect(() => {
    if (isConflictNew.current && goToConflict(form.current)) isConflictNew.current = false;
  });
  useEffect(() => {
    if (isOpen) form.current?.querySelector<HTMLElement>("input, textarea")?.focus();
  }, [isOpen]);

  if (!isOpen && unsaved === 0) return closed;
  return (
    <form
      ref={form}
      className={classes(styles.form, className)}
      aria-label={name}
      onSubmit={(event) => {
        event.preventDefault();
        if (unsaved === 0) onClose();
        else save();
      }}
    >
      {children}
      {saving.isError && <ErrorMessage error={saving.error} />}
      <div className={styles.actions}>
        {unsaved > 0 && <Chip tone="accent">Not saved, kept in this browser</Chip>}
        <Button
          onClick={() => {
            edits.discardAll();
            saving.reset();
            onClose();
          }}
        >
          {unsaved > 0 ? "Discard" : "Close"}
        </Button>
        {/* not `disabled`, which would take the focus away */}
        <Button
          type="submit"
          variant="primary"
          aria-disabled={unsaved === 0 || saving.isPending || edits.hasConflict}
        >
          {saving.isPending ? "Saving…" : action}
        </Button>
      </div>
    </form>
  );
}

/** To the question that has to be answered before the form can be saved: it may be far above the button that saves. */
function goToConflict(form: HTMLFormElement | null): boolean {
  const conflict = form?.querySelector<HTMLElement>("[data-conflict]");
  conflict?.focus({ preventScroll: true });
  conflict?.scrollIntoView({ block: "center" });
  return Boolean(conflict);
}
