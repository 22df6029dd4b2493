import type { Image } from "@keepsake/contract/schemas";
import { CircleSlash, LoaderCircle } from "lucide-react";
import { memo } from "react";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Picture } from "../ui/Picture.tsx";
import { imageName, platformNames } from "./imageNames.ts";
import { PlatformBadge } from "./PlatformBadge.tsx";

type Props = { image: Image; onOpen(image: Image): void };

export const ImageTile = memo(function ImageTile({ image, onOpen }: Props) {
  const name = imageName(image);
  return (
    <li className="tile">
      <button
        type="button"
        className="tile-button"
        aria-haspopup="dialog"
        onClick={() => onOpen(image)}
      >
        {image.url ? (
          <Picture src={image.url} alt={name} thumbhash={image.thumbhash} />
        ) : (
          <Unpublished image={image} />
        )}
      </button>
      <div className="tile-foot">
        <PlatformBadge platform={image.platform} />
        {image.url && (
          <CopyButton
            text={image.url}
            label="Copy address"
            of={name}
            className="button quiet icon small tile-copy"
            isIcon
          />
        )}
      </div>
    </li>
  );
});

/** What stands in a picture's place while there is none, or because there never will be. */
function Unpublished({ image: { platform, status, error } }: { image: Image }) {
  if (status === "pending")
    return (
      <span className="tile-state">
        <LoaderCircle aria-hidden size={22} className="turning" />
        <span>Fetching it from {platformNames[platform]}…</span>
      </span>
    );
  return (
    <span className="tile-state bad">
      <CircleSlash aria-hidden size={22} />
      <span>
        <strong>Could not be kept</strong>
        <span className="tile-why">{error}</span>
      </span>
    </span>
  );
}
