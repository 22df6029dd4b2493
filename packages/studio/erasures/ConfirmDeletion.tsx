import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Field } from "../ui/Field.tsx";

type Props = {
  title: string;
  /** The label of the button that deletes. */
  action: string;
  /** A word to type before the button can be pressed. */
  word?: string;
  onConfirm(): Promise<void>;
  onClose(): void;
  children: ReactNode;
};

/** Asks before a deletion. Stays open and shows the error when it fails. */
export function ConfirmDeletion({ title, action, word, onConfirm, onClose, children }: Props) {
  const deletion = useMutation({ mutationFn: onConfirm });
  const [typed, setTyped] = useState("");
  const isTyped = word === undefined || typed.trim().toLowerCase() === word;
  const [isWrong, setIsWrong] = useState(false);
  const confirm = () => isTyped && !deletion.isPending && deletion.mutate();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" disabled={!isTyped || deletion.isPending} onClick={confirm}>
            {deletion.isPending ? "Deleting…" : action}
          </Button>
        </>
      }
    >
      {children}
      {word && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setIsWrong(!isTyped);
            confirm();
          }}
        >
          <Field label={`Type “${word}” to confirm`}>
            <input
              data-focus-first
              value={typed}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              dir="auto"
              onChange={({ target }) => {
                setTyped(target.value);
                setIsWrong(false);
              }}
            />
          </Field>
          {isWrong && (
            <p role="alert">Nothing was deleted. To go on, type the word “{word}” as it is here.</p>
          )}
        </form>
      )}
      {deletion.isError && <ErrorMessage error={deletion.error} />}
    </Dialog>
  );
}
