import { type DragEvent, useState } from "react";
import { useUploads } from "../images/UploadsProvider.tsx";
import { chooseImage } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";

/** A file that is dropped on the card of a draft is uploaded and becomes its portrait; further ones are only uploaded. */
export function useDroppedPortrait(key: string, isEnabled: boolean) {
  const { add, addFor } = useUploads();
  const { change } = useDrafts();
  const [isTarget, setIsTarget] = useState(false);
  const hasFiles = ({ dataTransfer }: DragEvent) =>
    isEnabled && dataTransfer.types.includes("Files");
  const handlers = {
    onDragOver(event: DragEvent) {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsTarget(true);
    },
    onDragLeave({ currentTarget, relatedTarget }: DragEvent) {
      if (!currentTarget.contains(relatedTarget as Node | null)) setIsTarget(false);
    },
    onDrop(event: DragEvent) {
      setIsTarget(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      const [first, ...others] = event.dataTransfer.files;
      if (!first) return;
      addFor(portraitPlace(key), [first], ([image]) => image && change(chooseImage(key, image)));
      if (others.length > 0) add(others);
    },
  };
  return { isTarget, handlers };
}

/** Where an upload that becomes a portrait belongs. */
export const portraitPlace = (key: string) => `portrait of ${key}`;
