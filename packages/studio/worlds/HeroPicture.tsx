import { srcSet } from "@keepsake/client";
import type { World } from "@keepsake/contract/schemas";
import type { CSSProperties } from "react";
import portrait from "../characters/portrait.module.css";
import { Picture } from "../ui/Picture.tsx";
import styles from "./HeroPicture.module.css";

const maxPortraits = 4;

/** The picture of a world as it is, else the first portraits as squares. */
export function HeroPicture({ world, title }: { world: World; title: string }) {
  if (world.image) return <WorldPicture image={world.image} title={title} />;
  const portraits = world.pieces.filter(({ details }) => details.image_portrait);
  if (portraits.length === 0) return null;
  const shown = portraits.slice(0, maxPortraits);
  // decorative: each portrait is on the page once more, with its character
  return (
    <div className={styles.portraits} data-count={shown.length} aria-hidden>
      {shown.map((piece) => (
        <Picture
          key={piece.piece_id}
          className={portrait.face}
          src={String(piece.details.image_portrait)}
          srcSet={srcSet(piece)}
          sizes={shown.length === 1 ? "18rem" : "9rem"}
          alt=""
          isFirst
        />
      ))}
    </div>
  );
}

type PictureProps = { image: NonNullable<World["image"]>; title: string };

/** Has its aspect ratio from the start, so that nothing moves when it loads. */
function WorldPicture({ image, title }: PictureProps) {
  const { url, width, height, thumbhash, alt } = image;
  return (
    <div className={styles.picture} style={{ "--ratio": width / height } as CSSProperties}>
      <Picture
        src={url}
        srcSet={srcSet(image)}
        sizes="(max-width: 30rem) 90vw, 36rem"
        alt={alt ?? `Picture of ${title}`}
        thumbhash={thumbhash}
        isFirst
      />
    </div>
  );
}
