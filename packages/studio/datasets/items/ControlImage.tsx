import type { DatasetItem } from "@keepsake/contract/api/datasets";
import type { Image } from "@keepsake/contract/schemas";
import { useState } from "react";
import { ImagePicker } from "../../images/ImagePicker.tsx";
import { imageName } from "../../images/imageNames.ts";
import { dialogSource } from "../../images/imageSource.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Picture } from "../../ui/Picture.tsx";
import styles from "./ControlImage.module.css";

type Props = {
  item: DatasetItem | undefined;
  /** Null removes it. */
  onChoose(image: Image | null): void;
  onClose(): void;
};

/** Chooses the image that an item was made from, for layouts that train edits; or removes it. */
export function ControlImage({ item, onChoose, onClose }: Props) {
  const [isPicking, setIsPicking] = useState(!item?.control_image);
  if (!item) return null;
  const { image, control_image } = item;
  if (isPicking || !control_image)
    return (
      <ImagePicker
        title={`The control image of ${imageName(image)}`}
        onPick={onChoose}
        onClose={onClose}
      />
    );
  return (
    <Dialog
      title="Control image"
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => onChoose(null)}>Remove it</Button>
          <Button variant="primary" onClick={() => setIsPicking(true)}>
            Choose another
          </Button>
        </>
      }
    >
      <p>The model learns to make the right picture from the left one.</p>
      <div className={styles.pair}>
        {[control_image, image].map((shown) => (
          <figure key={shown.image_id}>
            <Picture {...dialogSource(shown)} alt={imageName(shown)} thumbhash={shown.thumbhash} />
            <figcaption>{shown === image ? "Image" : "Control image"}</figcaption>
          </figure>
        ))}
      </div>
    </Dialog>
  );
}
