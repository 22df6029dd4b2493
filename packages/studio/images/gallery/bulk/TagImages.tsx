import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { useMemo, useRef, useState } from "react";
import { useSession } from "../../../session/SessionProvider.tsx";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { Field } from "../../../ui/Field.tsx";
import { pluralize } from "../../../ui/format.ts";
import { X } from "../../../ui/icons.tsx";
import text from "../../../ui/text.module.css";
import styles from "./bulk.module.css";
import { FailedImages } from "./FailedImages.tsx";
import { Progress } from "./Progress.tsx";
import { useBulkWork } from "./useBulkWork.ts";

type Props = { images: Image[]; onClose(): void };

/** Adds tags to images, and removes those that they have. Nothing changes before it is saved. */
export function TagImages({ images, onClose }: Props) {
  const { client } = useSession();
  const { state, run, stop } = useBulkWork();
  const [added, setAdded] = useState<string[]>([]);
  const [removed, setRemoved] = useState<string[]>([]);
  const [isAsking, setIsAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const present = useMemo(() => countTags(images), [images]);

  const tagsAfter = ({ tags }: Image) => [
    ...new Set([...tags.filter((tag) => !removed.includes(tag)), ...added]),
  ];
  const addTyped = (): string[] => {
    const typed = input.current!.value.split(",").flatMap((tag) => tag.trim().toLowerCase() || []);
    input.current!.value = "";
    const all = [...new Set([...added, ...typed])];
    setAdded(all);
    return all;
  };
  const save = (adding: string[]) =>
    run(images, async (image) => {
      const tags = [...new Set([...tagsAfter(image), ...adding])];
      if (tags.join() !== image.tags.join())
        await client.updateImage({ image_id: image.image_id, tags });
    }).then((failed) => failed.length === 0 && onClose());
  const close = () => {
    if (addTyped().length > 0 || removed.length > 0) setIsAsking(true);
    else onClose();
  };

  if (state.is === "running")
    return (
      <Dialog title="Saving tags" onClose={stop} actions={<Button onClick={stop}>Stop</Button>}>
        <Progress label="Saved" {...state} />
      </Dialog>
    );
  if (state.is === "finished" && state.failed.length > 0)
    return (
      <Dialog
        title="Not all tags were saved"
        onClose={onClose}
        actions={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <FailedImages failed={state.failed} />
      </Dialog>
    );
  if (isAsking)
    return (
      <Dialog
        key="question" // one of its own: a browser may close a dialog at the second Escape
        title="Save these tags?"
        onClose={() => setIsAsking(false)}
        actions={
          <>
            <Button onClick={onClose}>Discard</Button>
            <Button onClick={() => setIsAsking(false)}>Go on editing</Button>
            <Button variant="primary" data-focus-first onClick={() => save(added)}>
              Save
            </Button>
          </>
        }
      >
        {added.length > 0 && (
          <p>
            To add: <bdi>{added.join(", ")}</bdi>
          </p>
        )}
        {removed.length > 0 && (
          <p>
            To remove: <bdi>{removed.join(", ")}</bdi>
          </p>
        )}
      </Dialog>
    );
  return (
    <Dialog
      key="tags"
      title={`Tags of ${pluralize(images.length, "image")}`}
      onClose={close}
      actions={
        <Button variant="primary" onClick={() => save(addTyped())}>
          Save
        </Button>
      }
    >
      <Field
        label="Add tags"
        hint={`with commas between; at most ${limits.tags_per_image} an image`}
      >
        <input
          ref={input}
          data-focus-first
          dir="auto"
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
            event.preventDefault();
            addTyped();
          }}
        />
      </Field>
      <ul className={styles.tags} aria-label="Tags to add">
        {added.map((tag) => (
          <li key={tag}>
            <Button
              size="small"
              onClick={() => {
                setAdded(added.filter((other) => other !== tag));
                input.current?.focus(); // this button is gone
              }}
            >
              <span className={text.visuallyHidden}>Do not add </span>
              <span dir="auto">{tag}</span> <X size={15} />
            </Button>
          </li>
        ))}
      </ul>
      {present.length > 0 && <p>They have these. Press one to remove it from all.</p>}
      <ul className={styles.tags} aria-label="Tags that they have">
        {present.map(([tag, count]) => (
          <li key={tag}>
            <Button
              size="small"
              aria-pressed={removed.includes(tag)}
              onClick={() =>
                setRemoved(
                  removed.includes(tag)
                    ? removed.filter((other) => other !== tag)
                    : [...removed, tag],
                )
              }
            >
              <span className={text.visuallyHidden}>Remove </span>
              {removed.includes(tag) ? <s dir="auto">{tag}</s> : <span dir="auto">{tag}</span>}
              <span className={text.hint}>
                {count} of {images.length}
              </span>
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Each tag with how many of the images have it, the most frequent first. */
function countTags(images: Image[]): [tag: string, count: number][] {
  const counts = new Map<string, number>();
  for (const tag of images.flatMap(({ tags }) => tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
