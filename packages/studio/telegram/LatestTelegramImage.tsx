import { useImages } from "@keepsake/client/react";
import { Link } from "wouter";
import { imageName } from "../images/imageNames.ts";
import { imageSource } from "../images/imageSource.ts";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatDate } from "../ui/format.ts";
import { Picture } from "../ui/Picture.tsx";
import text from "../ui/text.module.css";
import styles from "./LatestTelegramImage.module.css";

/** The newest image in the gallery that came from Telegram. */
export function LatestTelegramImage() {
  const { images } = useImages();
  const image = images.find(({ platform, url }) => platform === "telegram" && url);
  return (
    <div role="status">
      {image?.url && (
        <section className={classes(card.card, styles.card)} aria-labelledby="latest">
          <Picture
            {...imageSource(image, { vw: 30, rem: 9 })}
            alt={imageName(image)}
            thumbhash={image.thumbhash}
          />
          <div>
            <h2 id="latest">In your gallery</h2>
            <p className={text.muted}>Received from Telegram on {formatDate(image.created_at)}.</p>
            <p>
              <Link href="/images">See it in your gallery</Link>
            </p>
          </div>
        </section>
      )}
    </div>
  );
}
