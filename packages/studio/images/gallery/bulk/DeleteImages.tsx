import { KeepsakeError } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { useState } from "react";
import { useSession } from "../../../session/SessionProvider.tsx";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { pluralize } from "../../../ui/format.ts";
import text from "../../../ui/text.module.css";
import styles from "./bulk.module.css";
import { FailedImages } from "./FailedImages.tsx";
import { Progress } from "./Progress.tsx";
import { useBulkWork } from "./useBulkWork.ts";

type Props = { images: Image[]; onClose(): void };

/** Asks once, deletes images and lists the receipts. Those that are in use are left, or deleted when that is chosen. */
export function DeleteImages({ images, onClose }: Props) {
  const { client, imageChanges } = useSession();
  const { state, run, stop } = useBulkWork();
  const [receipts, setReceipts] = useState<string[]>([]);

  const erase = (targets: Image[], force: boolean) =>
    run(targets, async ({ image_id }) => {
      try {
        const { erasure } = await client.deleteImage({ image_id, ...(force && { force }) });
        setReceipts((before) => [...before, erasure.erasure_id]);
      } catch (error) {
        if (codeOf(error) !== "image.not_found") throw error;
        imageChanges.report({ removed: image_id });
      }
    });

  if (state.is === "asking")
    return (
      <Dialog
        title={`Delete ${pluralize(images.length, "image")}?`}
        onClose={onClose}
        actions={
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="danger" onClick={() => erase(images, false)}>
              Delete {pluralize(images.length, "image")}
            </Button>
          </>
        }
      >
        <p>Their addresses stop working for everyone. This cannot be undone.</p>
      </Dialog>
    );
  if (state.is === "running")
    return (
      <Dialog title="Deleting" onClose={stop} actions={<Button onClick={stop}>Stop</Button>}>
        <Progress label="Deleted" {...state} />
      </Dialog>
    );

  const inUse = state.failed.filter(({ error }) => codeOf(error) === "image.in_use");
  const others = state.failed.filter(({ error }) => codeOf(error) !== "image.in_use");
  const again = (failed: typeof others, force: boolean) =>
    erase(
      failed.map(({ image }) => image),
      force,
    );
  return (
    <Dialog
      title={state.failed.length === 0 ? "Deleted" : "Not all were deleted"}
      onClose={onClose}
      actions={
        <>
          {inUse.length > 0 && (
            <Button variant="danger" onClick={() => again(inUse, true)}>
              Delete {inUse.length === 1 ? "it" : `these ${inUse.length}`} anyway
            </Button>
          )}
          {others.length > 0 && <Button onClick={() => again(others, false)}>Try again</Button>}
          <Button variant="primary" onClick={onClose}>
            {inUse.length > 0 ? "Keep" : "Done"}
          </Button>
        </>
      }
    >
      <p role="status">
        {receipts.length === 1 ? "1 image was" : `${receipts.length} images were`} deleted.
      </p>
      {inUse.length > 0 && (
        <>
          <p>
            {pluralize(inUse.length, "image")} {inUse.length === 1 ? "is" : "are"} in use. If you
            delete {inUse.length === 1 ? "it" : "them"} anyway, portraits made from{" "}
            {inUse.length === 1 ? "it" : "them"} are deleted too, and worlds and datasets lose{" "}
            {inUse.length === 1 ? "it" : "them"}.
          </p>
          <FailedImages failed={inUse} />
        </>
      )}
      {others.length > 0 && <FailedImages failed={others} />}
      {receipts.length > 0 && (
        <details className={styles.receipts}>
          <summary>{pluralize(receipts.length, "receipt")}</summary>
          {receipts.map((receipt) => (
            <code key={receipt}>{receipt}</code>
          ))}
        </details>
      )}
      <p className={text.hint}>You find the receipts again on the page You.</p>
    </Dialog>
  );
}

const codeOf = (error: unknown) => (error instanceof KeepsakeError ? error.code : undefined);
