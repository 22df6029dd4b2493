import type { Image } from "@keepsake/contract/schemas";
import { type KeyboardEvent, memo, useRef, useState } from "react";
import { imageName } from "../../images/imageNames.ts";
import { imageSource } from "../../images/imageSource.ts";
import tiles from "../../images/tiles.module.css";
import { classes } from "../../ui/classes.ts";
import { Check } from "../../ui/icons.tsx";
import { Picture } from "../../ui/Picture.tsx";
import text from "../../ui/text.module.css";
import check from "../check.module.css";
import { indexAfterKey } from "../items/gridLayout.ts";
import type { Selection } from "../useSelection.ts";
import styles from "./ImageChecklist.module.css";

type Props = {
  images: Image[];
  selection: Selection;
  /** Those that cannot be selected, since the dataset has them. */
  present?: ReadonlySet<string>;
  isSmall?: boolean;
};

const nonePresent: ReadonlySet<string> = new Set();

/** Images as checkboxes. Arrow keys move among them; with Shift, a click or Space selects all from the one before. */
export function ImageChecklist({ images, selection, present = nonePresent, isSmall }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState<string>();
  const { selected, toggle, selectTo, select } = selection;
  const tabbable = images.some(({ image_id }) => image_id === active)
    ? active
    : images[0]?.image_id;

  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>) => {
    const boxes = Array.from(list.current!.querySelectorAll("input"));
    const index = boxes.indexOf(event.target as HTMLInputElement);
    if (event.altKey || index < 0) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "a") return;
      const all = images.map(({ image_id }) => image_id);
      select(all.filter((image_id) => !present.has(image_id)));
    } else {
      const target = indexAfterKey(event.key, index, boxes.length, columnsOf(list.current!));
      if (target === undefined) return;
      boxes[target]!.focus();
      const image = images[target]!;
      if (event.shiftKey && !present.has(image.image_id)) selectTo(image.image_id);
    }
    event.preventDefault();
  };

  return (
    <ul
      ref={list}
      className={classes(tiles.tiles, isSmall && tiles.small)}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => setActive(target.dataset.image)}
    >
      {images.map((image) => (
        <ImageCheckbox
          key={image.image_id}
          image={image}
          isSelected={selected.has(image.image_id)}
          isPresent={present.has(image.image_id)}
          isTabbable={image.image_id === tabbable}
          onToggle={toggle}
          onRange={selectTo}
        />
      ))}
    </ul>
  );
}

type CheckboxProps = {
  image: Image;
  isSelected: boolean;
  isPresent: boolean;
  isTabbable: boolean;
  onToggle(image_id: string): void;
  onRange(image_id: string): void;
};

const ImageCheckbox = memo(function ImageCheckbox(props: CheckboxProps) {
  const { image, isSelected, isPresent, isTabbable, onToggle, onRange } = props;
  const { image_id, thumbhash } = image;
  return (
    <li>
      <label className={classes(styles.tile, isPresent && styles.present)}>
        <input
          type="checkbox"
          className={text.visuallyHidden}
          data-image={image_id}
          checked={isSelected || isPresent}
          disabled={isPresent}
          tabIndex={isTabbable ? 0 : -1}
          onChange={({ nativeEvent }) => {
            const { shiftKey } = nativeEvent as MouseEvent;
            if (shiftKey) onRange(image_id);
            else onToggle(image_id);
          }}
        />
        <Picture
          {...imageSource(image, { vw: 45, rem: 14 })}
          alt={isPresent ? `${imageName(image)}, already in this dataset` : imageName(image)}
          thumbhash={thumbhash}
        />
        <span
          className={classes(check.check, isSelected && !isPresent && check.checked, styles.check)}
          aria-hidden
        >
          {(isSelected || isPresent) && <Check size={16} strokeWidth={3} />}
        </span>
        {isPresent && (
          <span className={styles.note} aria-hidden>
            In this dataset
          </span>
        )}
      </label>
    </li>
  );
});

/** How many tiles are in a row. */
const columnsOf = (list: HTMLElement) =>
  getComputedStyle(list).gridTemplateColumns.split(" ").length;
