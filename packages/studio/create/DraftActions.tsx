import { useState } from "react";
import card from "../characters/characterCard.module.css";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import {
  Bookmark,
  BookmarkCheck,
  type Icon,
  ImageIcon,
  Paintbrush,
  Pencil,
  ScanFace,
  Trash2,
} from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import { chooseImage, keep, remove } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft } from "./draftsDocument.ts";

type Props = { draft: Draft; name: string; isEditing: boolean; onEdit(): void };

/** What one of the owner's images is picked for. */
type Use = "portrait" | "reference";

/** Keep a draft, generate its portrait again, use one of the owner's images for it, edit or remove it. */
export function DraftActions({ draft, name, isEditing, onEdit }: Props) {
  const { change, repaint } = useDrafts();
  const { settings } = useSession();
  const [picking, setPicking] = useState<Use>();
  const { key, character, portrait, kept } = draft;
  const isGenerating = portrait.state === "painting";
  // not `disabled`, which would take the focus away
  const whenSettled = (action: () => unknown) => ({
    "aria-disabled": isGenerating,
    onClick: () => !isGenerating && action(),
  });
  const pick = (use: Use, Icon: Icon, label: string) => (
    <Button size="small" {...whenSettled(() => setPicking(use))}>
      <Icon aria-hidden size={16} /> {label}
      {use === "portrait" && <span className={text.visuallyHidden}> as the portrait</span>}
    </Button>
  );

  return (
    <>
      <fieldset className={card.actions} disabled={!character}>
        <legend className={text.visuallyHidden}>{name}</legend>
        <Button size="small" aria-pressed={kept} onClick={() => change(keep([key], !kept))}>
          {kept ? <BookmarkCheck aria-hidden size={16} /> : <Bookmark aria-hidden size={16} />}
          {kept ? "Kept" : "Keep"}
        </Button>
        <Button size="small" {...whenSettled(() => repaint(draft))}>
          <Paintbrush aria-hidden size={16} /> Repaint
        </Button>
        <Button size="small" aria-pressed={isEditing} onClick={onEdit}>
          <Pencil aria-hidden size={16} /> Edit
        </Button>
        <Button size="small" {...whenSettled(() => change(remove(key)))}>
          <Trash2 aria-hidden size={16} /> Remove
        </Button>
        {pick("portrait", ImageIcon, "Use one of my images")}
        {!settings.no_references && pick("reference", ScanFace, "Repaint from one of my images")}
      </fieldset>
      {picking && (
        <ImagePicker
          title={picking === "portrait" ? `A portrait for ${name}` : `A reference for ${name}`}
          onPick={(image) => {
            setPicking(undefined);
            if (picking === "portrait") change(chooseImage(key, image));
            else repaint(draft, image);
          }}
          onClose={() => setPicking(undefined)}
        />
      )}
    </>
  );
}
