import {
  Bookmark,
  BookmarkCheck,
  Image as ImageIcon,
  type LucideIcon,
  Paintbrush,
  ScanFace,
} from "lucide-react";
import { useState } from "react";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft } from "./draftsReducer.ts";

/** What an image of the owner's may be to a draft. */
type Use = "portrait" | "reference";

const pickers: { use: Use; label: string; Icon: LucideIcon }[] = [
  { use: "portrait", label: "Use one of my images as the portrait", Icon: ImageIcon },
  { use: "reference", label: "Repaint after one of my images", Icon: ScanFace },
];

/** Keep it, paint it again, or take one of the owner's images for it. */
export function DraftActions({ draft, name }: { draft: Draft; name: string }) {
  const { keep, repaint, choose } = useDrafts();
  const [picking, setPicking] = useState<Use>();
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
        {pickers.map(({ use, label, Icon }) => (
          <button
            key={use}
            type="button"
            className="button small icon"
            aria-label={label}
            title={label}
            disabled={isBusy}
            onClick={() => setPicking(use)}
          >
            <Icon aria-hidden size={16} />
          </button>
        ))}
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
