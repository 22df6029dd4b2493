import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Dialog } from "../ui/Dialog.tsx";

type Props = {
  title: string;
  /** The button that does it. */
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
  children: ReactNode;
};

/** Asks before something that cannot be undone. Stays open, and says why, when it fails. */
export function ConfirmDeletion({ title, action, onConfirm, onClose, children }: Props) {
  const doing = useMutation({ mutationFn: onConfirm });
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {doing.isError && <ErrorMessage error={doing.error} />}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button danger"
          disabled={doing.isPending}
          onClick={() => doing.mutate()}
        >
          {doing.isPending ? "Deleting…" : action}
        </button>
      </div>
    </Dialog>
  );
}
