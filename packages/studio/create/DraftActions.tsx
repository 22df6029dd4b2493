import { Bookmark, BookmarkCheck, Image as ImageIcon, Paintbrush, ScanFace } from "lucide-react";
import { useState } from "react";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useDrafts } from "./drafts.tsx";
import type { Draft } from "./draftsState.ts";

/** Keep it, paint it again, or take one of the owner's images for it. */
export function DraftActions({ draft, name }: { draft: Draft; name: string }) {
  const { keep, repaint, choose } = useDrafts();
  const [picking, setPicking] = useState<"portrait" | "reference">();
  const { key, character, portrait, kept } = draft;
  const isBusy = portrait.state === "painting";

  return (
    <>
      <fieldset className="character-actions" disabled={!character}>
        <legend className="visually-hidden">{name}</legend>
        <button
          type="button"
          className="button small"
          aria-pressed={kept}
          onClick={() => keep([key], !kept)}
        >
          {kept ? <BookmarkCheck aria-hidden size={16} /> : <Bookmark aria-hidden size={16} />}
          {kept ? "Kept" : "Keep"}
        </button>
        <button
          type="button"
          className="button small"
          disabled={isBusy}
          onClick={() => repaint(draft)}
        >
          <Paintbrush aria-hidden size={16} /> Repaint
        </button>
        <button
          type="button"
          className="button small icon"
          aria-label="Use one of my images as the portrait"
          title="Use one of my images as the portrait"
          disabled={isBusy}
          onClick={() => setPicking("portrait")}
        >
          <ImageIcon aria-hidden size={16} />
        </button>
        <button
          type="button"
          className="button small icon"
          aria-label="Repaint after one of my images"
          title="Repaint after one of my images"
          disabled={isBusy}
          onClick={() => setPicking("reference")}
        >
          <ScanFace aria-hidden size={16} />
        </button>
      </fieldset>
      {picking && (
        <ImagePicker
          title={picking === "portrait" ? `A portrait for ${name}` : `Paint ${name} after…`}
          onPick={(image) => {
            setPicking(undefined);
            if (picking === "portrait") choose(draft, image);
            else repaint(draft, image);
          }}
          onClose={() => setPicking(undefined)}
        />
      )}
    </>
  );
}
