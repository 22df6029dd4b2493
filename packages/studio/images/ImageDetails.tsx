import type { Erasure, Image } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { ExternalLink, Trash2 } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../erasures/ErasureReceipt.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button, buttonClass } from "../ui/Button.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { formatBytes, formatDate } from "../ui/format.ts";
import { Picture } from "../ui/Picture.tsx";
import styles from "./ImageDetails.module.css";
import { imageName, platformName } from "./imageNames.ts";
import { dialogSource } from "./imageSource.ts";
import { removeImage } from "./useImages.ts";

type Props = { image: Image; onClose(isDeleted: boolean): void };

/** A dialog with one image, its properties and its deletion. */
export function ImageDetails({ image, onClose }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [isDeleting, setIsDeleting] = useState(false);
  const [erasure, setErasure] = useState<Erasure>();
  const { image_id, url } = image;
  const name = imageName(image);

  if (erasure) return <ErasureReceipt of={name} erasure={erasure} onClose={() => onClose(true)} />;
  if (isDeleting)
    return (
      <ConfirmDeletion
        title="Delete this image?"
        action="Delete image"
        onClose={() => setIsDeleting(false)}
        onConfirm={async () => {
          const { erasure } = await client.deleteImage({ image_id });
          setErasure(erasure);
          await removeImage(queries, image_id);
        }}
      >
        <p>
          <strong>{name}</strong> is deleted and its address stops working for everyone. It cannot
          be deleted while a portrait is made from it or a world has it as its picture. This cannot
          be undone.
        </p>
      </ConfirmDeletion>
    );
  return (
    <Dialog
      title={name}
      wide
      onClose={() => onClose(false)}
      actions={
        <>
          <Button variant="quiet" className={styles.delete} onClick={() => setIsDeleting(true)}>
            <Trash2 aria-hidden size={16} /> Delete…
          </Button>
          {url && (
            <>
              <a className={buttonClass()} href={url} target="_blank" rel="noreferrer">
                <ExternalLink aria-hidden size={16} /> Open in a new tab
              </a>
              <CopyButton variant="primary" value={url} label="Copy address" />
            </>
          )}
        </>
      }
    >
      <div className={styles.details}>
        {url && <LargePicture image={image} />}
        <div className={styles.text}>
          <DescriptionList stacked items={propertiesOf(image)} />
        </div>
      </div>
    </Dialog>
  );
}

/** Has its aspect ratio from the start, so that nothing moves when it loads. */
function LargePicture({ image }: { image: Image }) {
  const { width, height, thumbhash } = image;
  const ratio = (width ?? 1) / (height ?? 1);
  return (
    <div className={styles.picture} style={{ "--ratio": ratio } as CSSProperties}>
      <Picture {...dialogSource(image)} alt={imageName(image)} thumbhash={thumbhash} />
    </div>
  );
}

function propertiesOf({ status, error, ...image }: Image) {
  const { content_type, width, height, bytes, sha256, url } = image;
  return {
    Status: states[status],
    Reason: error,
    Format: content_type && formatOf(content_type),
    Dimensions: width && `${number.format(width)} × ${number.format(height ?? 0)} px`,
    "File size": bytes && formatBytes(bytes),
    Source: platformName(image.platform),
    Added: formatDate(image.created_at),
    Address: url && <code>{url}</code>,
    "SHA-256": sha256 && <code>{sha256}</code>,
  };
}

/** `image/png` → `PNG`. */
const formatOf = (content_type: string) => content_type.replace("image/", "").toUpperCase();

const states = {
  published: null, // not shown
  pending: "Being fetched",
  rejected: "Rejected",
  failed: "Could not be fetched",
};

const number = new Intl.NumberFormat("en");
