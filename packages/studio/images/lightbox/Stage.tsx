import type { Image } from "@keepsake/contract/schemas";
import { type CSSProperties, type Ref, useImperativeHandle, useRef } from "react";
import { Button } from "../../ui/Button.tsx";
import { classes } from "../../ui/classes.ts";
import { ChevronLeft, ChevronRight, ZoomIn, ZoomOut } from "../../ui/icons.tsx";
import { LargePicture } from "./LargePicture.tsx";
import styles from "./Stage.module.css";
import { UnpublishedImage } from "./UnpublishedImage.tsx";
import { useGestures } from "./useGestures.ts";
import { useZoom, type ZoomActions } from "./useZoom.ts";

export type StageKeys = Pick<ZoomActions, "in" | "out" | "fit" | "pan" | "current">;

type Props = {
  image: Image;
  previous: Image | undefined;
  next: Image | undefined;
  onStep(step: 1 | -1): void;
  /** Its URL no longer works. */
  onFailed(image: Image): void;
  /** In place of a picture that cannot be shown. */
  notice: React.ReactNode;
  ref: Ref<StageKeys>;
};

/** One large picture, its neighbours outside the sides, and the buttons over them. */
export function Stage({ image, previous, next, onStep, onFailed, notice, ref }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const { view, actions, canZoomIn, canZoomOut } = useZoom(image.image_id, stage, frame);
  useImperativeHandle(ref, () => actions, [actions]);
  const canStep = (step: 1 | -1) => (step > 0 ? next : previous) !== undefined;
  const { swipe, isDragging, handlers } = useGestures({
    stage,
    zoom: actions,
    onStep: (step) => canStep(step) && onStep(step),
  });
  const slides = [
    { shown: previous, offset: -1 },
    { shown: image, offset: 0 },
    { shown: next, offset: 1 },
  ];
  const zooms = [
    { name: "Zoom out", Icon: ZoomOut, isPossible: canZoomOut, zoom: actions.out },
    { name: "Zoom in", Icon: ZoomIn, isPossible: canZoomIn, zoom: actions.in },
  ];

  return (
    <div
      ref={stage}
      className={classes(styles.stage, isDragging && styles.dragging)}
      data-zoomed={canZoomOut || undefined}
      {...handlers}
    >
      {slides.map(
        ({ shown, offset }) =>
          shown && (
            <div
              key={shown.image_id}
              className={styles.slide}
              aria-hidden={offset !== 0 || undefined}
              style={{ "--offset": offset, "--swipe": `${swipe}px` } as CSSProperties}
            >
              {offset === 0 && notice ? (
                notice
              ) : shown.url ? (
                <LargePicture
                  image={shown}
                  isCurrent={offset === 0}
                  view={offset === 0 ? view : undefined}
                  onFailed={() => onFailed(shown)}
                  {...(offset === 0 && { ref: frame })}
                />
              ) : (
                <UnpublishedImage image={shown} />
              )}
            </div>
          ),
      )}
      {([-1, 1] as const).map((step) => (
        // not `disabled`, which would take the focus away
        <Button
          key={step}
          shape="icon"
          className={classes(styles.button, step < 0 ? styles.previous : styles.next)}
          aria-label={step < 0 ? "Previous image" : "Next image"}
          aria-disabled={!canStep(step)}
          onClick={() => canStep(step) && onStep(step)}
        >
          {step < 0 ? <ChevronLeft size={22} /> : <ChevronRight size={22} />}
        </Button>
      ))}
      {image.url && !notice && (
        <div className={styles.zoom}>
          {zooms.map(({ name, Icon, isPossible, zoom }) => (
            <Button
              key={name}
              shape="icon"
              className={styles.button}
              aria-label={name}
              aria-disabled={!isPossible}
              onClick={zoom}
            >
              <Icon size={20} />
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
