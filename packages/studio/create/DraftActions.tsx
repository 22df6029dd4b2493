import {
  Bookmark,
  BookmarkCheck,
  Image as ImageIcon,
  type LucideIcon,
  Paintbrush,
  ScanFace,
} from "lucide-react";
import { useState } from "react";
import card from "../characters/characterCard.module.css";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { Button } from "../ui/Button.tsx";
import text from "../ui/text.module.css";
import type { Draft } from "./characterDraftsReducer.ts";
import { useDrafts } from "./DraftsProvider.tsx";

/** What one of the owner's images is picked for. */
type Use = "portrait" | "reference";

const pickers: { use: Use; label: string; Icon: LucideIcon }[] = [
  { use: "portrait", label: "Use one of my images as the portrait", Icon: ImageIcon },
  { use: "reference", label: "Repaint from one of my images", Icon: ScanFace },
];

/** Keep a draft, generate its portrait again, or use one of the owner's images for it. */
export function DraftActions({ draft, name }: { draft: Draft; name: string }) {
  const { keep, repaint, chooseImage } = useDrafts();
  const [picking, setPicking] = useState<Use>();
  const { key, character, portrait, kept } = draft;
  const isGenerating = portrait.state === "painting";

  return (
    <>
      <fieldset className={card.actions} disabled={!character}>
        <legend className={text.visuallyHidden}>{name}</legend>
        <Button size="small" aria-pressed={kept} onClick={() => keep([key], !kept)}>
          {kept ? <BookmarkCheck aria-hidden size={16} /> : <Bookmark aria-hidden size={16} />}
          {kept ? "Kept" : "Keep"}
        </Button>
        <Button size="small" disabled={isGenerating} onClick={() => repaint(draft)}>
          <Paintbrush aria-hidden size={16} /> Repaint
        </Button>
        {pickers.map(({ use, label, Icon }) => (
          <Button
            key={use}
            size="small"
            shape="icon"
            aria-label={label}
            title={label}
            disabled={isGenerating}
            onClick={() => setPicking(use)}
          >
            <Icon aria-hidden size={16} />
          </Button>
        ))}
      </fieldset>
      {picking && (
        <ImagePicker
          title={picking === "portrait" ? `A portrait for ${name}` : `A reference for ${name}`}
          onPick={(image) => {
            setPicking(undefined);
            if (picking === "portrait") chooseImage(draft, image);
            else repaint(draft, image);
          }}
          onClose={() => setPicking(undefined)}
        />
      )}
    </>
  );
}
