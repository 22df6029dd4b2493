import { KeepsakeError } from "@keepsake/client";
import type { Erasure, Image } from "@keepsake/contract/schemas";
import { useState } from "react";
import { ConfirmDeletion } from "../../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../../erasures/ErasureReceipt.tsx";
import { shorten } from "../../ui/format.ts";
import { imageName } from "../imageNames.ts";
import { ImageUses, type Uses } from "./ImageUses.tsx";
import { useImageActions } from "./useImageActions.ts";

type Props = { image: Image; onCancel(): void; onDone(): void };

/** Asks, deletes an image and shows the receipt. When worlds or datasets use it, they are named, and it asks again. */
export function DeleteImage({ image, onCancel, onDone }: Props) {
  const { remove } = useImageActions();
  const [uses, setUses] = useState<Uses>();
  const [erasure, setErasure] = useState<Erasure>();
  const name = shorten(imageName(image));

  if (erasure) return <ErasureReceipt of={name} erasure={erasure} onClose={onDone} />;
  return (
    <ConfirmDeletion
      title={uses ? "This image is in use" : "Delete this image?"}
      action={uses ? "Delete anyway" : "Delete image"}
      onClose={onCancel}
      onConfirm={async () => {
        try {
          setErasure(await remove(image.image_id, { force: uses !== undefined }));
        } catch (error) {
          const found = usesOf(error);
          if (!found) throw error;
          setUses(found);
        }
      }}
    >
      {uses ? (
        <ImageUses uses={uses} onFollow={onCancel} />
      ) : (
        <p>
          <strong dir="auto">{name}</strong> is deleted and its address stops working for everyone.
          This cannot be undone.
        </p>
      )}
    </ConfirmDeletion>
  );
}

/** What the API says of an image that cannot be deleted without force. */
function usesOf(error: unknown): Uses | undefined {
  if (!(error instanceof KeepsakeError) || error.code !== "image.in_use") return undefined;
  const { worlds = [], datasets = [] } = (error.details ?? {}) as Partial<Uses>;
  return worlds.length + datasets.length > 0 ? { worlds, datasets } : undefined;
}
