import { errorText } from "../../../api/errorText.ts";
import { imageName } from "../../imageNames.ts";
import styles from "./bulk.module.css";
import type { FailedImage } from "./forEachImage.ts";

/** Why each of several images was left as it was. */
export const FailedImages = ({ failed }: { failed: FailedImage[] }) => (
  <ul className={styles.failed} aria-label="Left as they were">
    {failed.map(({ image, error }) => (
      <li key={image.image_id}>
        <strong dir="auto">{imageName(image)}</strong>: {errorText(error)}
      </li>
    ))}
  </ul>
);
