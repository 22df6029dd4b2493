import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";

type Props = {
  title: string;
  /** The label of the button that deletes. */
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
  children: ReactNode;
};

/** Asks before a deletion. Stays open and shows the error when it fails. */
export function ConfirmDeletion({ title, action, onConfirm, onClose, children }: Props) {
  const deletion = useMutation({ mutationFn: onConfirm });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" disabled={deletion.isPending} onClick={() => deletion.mutate()}>
            {deletion.isPending ? "Deleting…" : action}
          </Button>
        </>
      }
    >
      {children}
      {deletion.isError && <ErrorMessage error={deletion.error} />}
    </Dialog>
  );
}
