import type { Erasure, Image } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { ExternalLink, Trash2 } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { bytesText, dateText } from "../api/errorText.ts";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../erasures/ErasureReceipt.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Picture } from "../ui/Picture.tsx";
import { imageName, platformNames } from "./imageNames.ts";
import { dropImage } from "./useImages.ts";

type Props = { image: Image; onClose(isDeleted: boolean): void };

/** One image at large, and its end where that is asked for. */
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
          await dropImage(queries, image_id);
        }}
      >
        <p>
          <strong>{name}</strong> is removed for everybody and its address stops working. Portraits
          that were made from it stay. This cannot be undone.
        </p>
      </ConfirmDeletion>
    );
  return (
    <Dialog title={name} wide onClose={() => onClose(false)}>
      <div className="details">
        {url && <LargePicture image={image} url={url} />}
        <div className="details-text">
          <DescriptionList facts={factsOf(image)} />
        </div>
      </div>
      <div className="dialog-actions">
        <button
          type="button"
          className="button quiet details-delete"
          onClick={() => setIsDeleting(true)}
        >
          <Trash2 aria-hidden size={16} /> Delete…
        </button>
        {url && (
          <>
            <a className="button" href={url} target="_blank" rel="noreferrer">
              <ExternalLink aria-hidden size={16} /> Open in a new tab
            </a>
            <CopyButton text={url} label="Copy address" className="button primary" />
          </>
        )}
      </div>
    </Dialog>
  );
}

/** In its own shape from the start, so that nothing moves when it is there. */
function LargePicture({ image, url }: { image: Image; url: string }) {
  const { width, height, thumbhash } = image;
  const ratio = (width ?? 1) / (height ?? 1);
  return (
    <div className="details-picture" style={{ "--ratio": ratio } as CSSProperties}>
      <Picture className="details-image" src={url} alt={imageName(image)} thumbhash={thumbhash} />
    </div>
  );
}

function factsOf({ status, error, ...image }: Image) {
  const { content_type, width, height, bytes, sha256, url } = image;
  return {
    State: states[status],
    Why: error,
    Kind: content_type && kindOf(content_type),
    Size: width && `${number.format(width)} × ${number.format(height ?? 0)} px`,
    Bytes: bytes && bytesText(bytes),
    From: platformNames[image.platform],
    Added: dateText(image.created_at),
    Address: url && <code>{url}</code>,
    "SHA-256": sha256 && <code>{sha256}</code>,
  };
}

/** `image/png` → `PNG`. */
const kindOf = (content_type: string) => content_type.replace("image/", "").toUpperCase();

/** A published image needs no word for it. */
const states = {
  published: null,
  pending: "On its way here",
  rejected: "Cannot be kept",
  failed: "Could not be fetched",
};

const number = new Intl.NumberFormat("en");
