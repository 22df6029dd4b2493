import type { Piece } from "@keepsake/contract/schemas";
import { useState } from "react";
import { ImagePicker } from "../../images/ImagePicker.tsx";
import { Button } from "../../ui/Button.tsx";
import { ImagePlus, Paintbrush } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import type { PortraitChanges } from "./usePortraitChanges.ts";

/** Generates another portrait of a character, or makes one of the owner's images its portrait. */
export function PortraitActions({ piece, changes }: { piece: Piece; changes: PortraitChanges }) {
  const [isPicking, setIsPicking] = useState(false);
  const { name, details } = piece;
  const hasPortrait = details.image_portrait !== undefined;
  const of = <span className={text.visuallyHidden}> of {name}</span>;
  return (
    <>
      <Button size="small" aria-disabled={changes.isBusy} onClick={changes.generate}>
        <Paintbrush aria-hidden size={16} /> {hasPortrait ? "New portrait" : "Generate a portrait"}
        {of}
      </Button>
      <Button
        size="small"
        aria-disabled={changes.isBusy}
        onClick={() => !changes.isBusy && setIsPicking(true)}
      >
        <ImagePlus aria-hidden size={16} /> {hasPortrait ? "Replace portrait" : "Add a portrait"}
        {of}
      </Button>
      {isPicking && (
        <ImagePicker
          title={`A portrait for ${name}`}
          onPick={(image) => {
            setIsPicking(false);
            changes.choose(image);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </>
  );
}
