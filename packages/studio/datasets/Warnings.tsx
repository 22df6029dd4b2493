import type { DatasetItem, DatasetWarning } from "@keepsake/contract/api/datasets";
import { imageName } from "../images/imageNames.ts";
import { Button } from "../ui/Button.tsx";
import { TriangleAlert } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import { idOf } from "./items/applyChange.ts";
import { thumbnailSource } from "./thumbnailSource.ts";
import styles from "./Warnings.module.css";
import { warningText } from "./warnings.ts";

type Props = {
  warnings: DatasetWarning[];
  items: DatasetItem[];
  /** Selects images and goes to the first of them. */
  onShow(image_ids: string[]): void;
};

const thumbnails = 5;

/** What may harm a training, each with the first images that it means. */
export function Warnings({ warnings, items, onShow }: Props) {
  if (warnings.length === 0) return null;
  const images = new Map(items.map((item) => [idOf(item), item.image]));
  return (
    <section aria-label="Warnings">
      <ul className={styles.warnings}>
        {warnings.map((warning) => {
          const { code, image_ids } = warning;
          const shown = code === "few_images" ? [] : image_ids.filter((id) => images.has(id));
          return (
            <li key={code} className={styles.warning}>
              <TriangleAlert size={17} />
              <p>{warningText(warning)}</p>
              {shown.length > 0 && (
                <div className={styles.images}>
                  {shown.slice(0, thumbnails).map((image_id) => {
                    const image = images.get(image_id)!;
                    return (
                      <button
                        key={image_id}
                        type="button"
                        className={styles.image}
                        onClick={() => onShow([image_id])}
                      >
                        <img {...thumbnailSource(image)} alt="" loading="lazy" />
                        <span className={text.visuallyHidden}>Go to {imageName(image)}</span>
                      </button>
                    );
                  })}
                  {shown.length > 1 && (
                    <Button variant="quiet" size="small" onClick={() => onShow(shown)}>
                      {selectLabel(warning, shown.length)}
                    </Button>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** A warning names the first 100 images that it means. */
function selectLabel({ count }: DatasetWarning, named: number): string {
  if (named < count) return `Select the first ${named}`;
  return named === 2 ? "Select both" : `Select all ${named}`;
}
