import type { DatasetItem } from "@keepsake/contract/api/datasets";
import { memo, useRef } from "react";
import { errorText } from "../../api/errorText.ts";
import { imageName } from "../../images/imageNames.ts";
import { Button } from "../../ui/Button.tsx";
import { classes } from "../../ui/classes.ts";
import { Check, X } from "../../ui/icons.tsx";
import { Picture } from "../../ui/Picture.tsx";
import text from "../../ui/text.module.css";
import type { CaptionStore } from "../captions/captionStore.ts";
import { useTypedCaption } from "../captions/useCaptions.ts";
import check from "../check.module.css";
import { Blend, CircleAlert } from "../icons.tsx";
import { isTemporary } from "../isTemporary.ts";
import { thumbnailSource } from "../thumbnailSource.ts";
import { idOf } from "./applyChange.ts";
import { CaptionEditor } from "./CaptionEditor.tsx";
import { CaptionStatus } from "./CaptionStatus.tsx";
import type { CardEvents } from "./gridActions.ts";
import styles from "./ItemCard.module.css";
import { useDraggable } from "./useDragging.ts";

type Props = {
  item: DatasetItem;
  index: number;
  left: number;
  top: number;
  width: number;
  height: number;
  captions: CaptionStore;
  events: CardEvents;
  isTabbable: boolean;
  isEditing: boolean;
  isSelected: boolean;
  isWarned: boolean;
  /** False while more items are being loaded. */
  canChange: boolean;
  /** How many items move with it. */
  dragged: number;
};

/** An item of a dataset: its picture, number and caption. */
export const ItemCard = memo(function ItemCard(props: Props) {
  const { item, index, left, top, width, height, captions, events } = props;
  const { isTabbable, isEditing, isSelected, isWarned, canChange, dragged } = props;
  const image_id = idOf(item);
  const name = imageName(item.image);
  const typed = useTypedCaption(captions, image_id);
  const caption = typed ? typed.caption : item.caption;
  const idFor = (part: string) => `${part}-${image_id}`;
  const card = useRef<HTMLDivElement>(null);
  useDraggable(card, image_id, {
    isEnabled: canChange && !isEditing,
    dragged,
    onStart: events.startDrag,
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: the cards of a table could not be laid out like this
    // biome-ignore lint/a11y/useFocusableInteractive: its cell has the focus
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      className={classes(styles.row, isEditing && styles.editing)}
      style={{ width, height, transform: `translate(${left}px, ${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div
        ref={card}
        role="gridcell"
        tabIndex={isTabbable ? 0 : -1}
        data-image={image_id}
        // otherwise it is named by its whole content, also by its buttons
        aria-labelledby={isEditing || typed ? undefined : partsOf(isWarned).map(idFor).join(" ")}
        aria-describedby="grid-keys"
        className={classes(styles.card, isSelected && styles.selected)}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has Space in the cell */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above */}
        <div
          className={styles.picture}
          onClick={({ shiftKey }) => events.select(image_id, shiftKey)}
        >
          <Picture {...thumbnailSource(item.image)} alt="" thumbhash={item.image.thumbhash} />
          <span id={idFor("number")} className={styles.number}>
            {index + 1}
          </span>{" "}
          <span
            className={classes(check.check, isSelected && check.checked, styles.check)}
            aria-hidden
          >
            {isSelected && <Check size={14} strokeWidth={3} />}
          </span>
          {item.control_image && (
            <span className={styles.control} title="Its control image">
              <Picture
                {...thumbnailSource(item.control_image)}
                alt={`Control image: ${imageName(item.control_image)}`}
                thumbhash={item.control_image.thumbhash}
              />
            </span>
          )}
        </div>
        <div className={styles.text}>
          <div className={styles.head}>
            {isWarned && (
              <span className={styles.warned} title={warnedText}>
                <CircleAlert size={15} />
              </span>
            )}
            <span id={idFor("name")} className={styles.name} title={name} dir="auto">
              {name}
            </span>{" "}
            {isWarned && (
              <span id={idFor("warning")} className={text.visuallyHidden}>
                {warnedText}
              </span>
            )}{" "}
            <CaptionStatus typed={typed} onRetry={captions.retry} />{" "}
            <CardButton
              isTabbable={isTabbable}
              label={`${item.control_image ? "Change" : "Set"} the control image of ${name}`}
              isDisabled={!canChange}
              onClick={() => events.chooseControl(image_id)}
            >
              <Blend size={15} />
            </CardButton>
            <CardButton
              isTabbable={isTabbable}
              label={`Remove ${name} from the dataset`}
              isDisabled={!canChange}
              onClick={() => events.remove(image_id)}
            >
              <X size={16} />
            </CardButton>
          </div>
          {typed?.status === "failed" && !isTemporary(typed.error) && (
            <p className={styles.reason}>{errorText(typed.error)}</p>
          )}
          {isEditing ? (
            <CaptionEditor
              key={image_id}
              {...{ image_id, name, caption, captions, events }}
              keysId={idFor("keys")}
            />
          ) : (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Enter in the cell
            <p
              id={idFor("caption")}
              className={classes(styles.caption, !caption && styles.empty)}
              dir="auto"
              onClick={() => events.edit(image_id)}
            >
              {caption || "Add a caption"}
            </p>
          )}
        </div>
      </div>
    </div>
  );
});

/** What names a card. */
const partsOf = (isWarned: boolean) => [
  "number",
  "name",
  ...(isWarned ? ["warning"] : []),
  "caption",
];

const warnedText = "See the warnings above";

type CardButtonProps = {
  label: string;
  isTabbable: boolean;
  isDisabled?: boolean;
  onClick(): void;
  children: React.ReactNode;
};

const CardButton = ({ label, isTabbable, isDisabled, onClick, children }: CardButtonProps) => (
  <Button
    variant="quiet"
    shape="icon"
    className={styles.button}
    tabIndex={isTabbable ? 0 : -1}
    aria-label={label}
    title={label}
    disabled={isDisabled}
    onClick={onClick}
  >
    {children}
  </Button>
);
