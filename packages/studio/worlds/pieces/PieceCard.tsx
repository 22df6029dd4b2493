import type { Piece, World } from "@keepsake/contract/schemas";
import { useRef, useState } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { CharacterText } from "../../characters/CharacterText.tsx";
import characterCard from "../../characters/characterCard.module.css";
import { Button } from "../../ui/Button.tsx";
import { Chip } from "../../ui/Chip.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import { Pencil } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { EditPiece } from "./EditPiece.tsx";
import { MoreActions } from "./MoreActions.tsx";
import styles from "./PieceCard.module.css";
import { PiecePortrait } from "./PiecePortrait.tsx";
import { PortraitActions } from "./PortraitActions.tsx";
import { usePortraitChanges } from "./usePortraitChanges.ts";

type Props = { world: World; piece: Piece; refresh(): Promise<void> };

/** A piece of a world, and what can be done with its text and, of a character, its portrait. */
export function PieceCard({ world, piece, refresh }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const changes = usePortraitChanges(world, piece, refresh);
  const { type, name, details } = piece;
  const isCharacter = type === "character";
  const url = details.image_portrait as string | undefined;

  return (
    <article className={classes(card.card, characterCard.card)} aria-label={name}>
      {isCharacter ? (
        <PiecePortrait piece={piece} url={url} isGenerating={changes.isGenerating} />
      ) : (
        <Chip className={styles.type}>{type}</Chip>
      )}
      <EditPiece
        world_id={world.world_id}
        piece={piece}
        refresh={refresh}
        isOpen={isEditing}
        onClose={() => {
          setIsEditing(false);
          edit.current?.focus();
        }}
      >
        <CharacterText {...piece} />
      </EditPiece>
      {changes.error != null && (
        <div className={styles.error}>
          <ErrorMessage error={changes.error} onDismiss={changes.dismissError} />
        </div>
      )}
      {changes.unsent && !changes.isGenerating && (
        <div className={styles.unsent}>
          <p>A new portrait was generated and is not saved.</p>
          <Button size="small" onClick={changes.sendUnsent}>
            Save it
          </Button>
          <Button size="small" onClick={changes.discardUnsent}>
            Discard it
          </Button>
        </div>
      )}
      <div className={characterCard.actions}>
        <Button
          ref={edit}
          size="small"
          aria-expanded={isEditing}
          onClick={() => setIsEditing(true)}
        >
          <Pencil aria-hidden size={16} /> Edit
          <span className={text.visuallyHidden}> {name}</span>
        </Button>
        {isCharacter && <PortraitActions piece={piece} changes={changes} />}
        {url && <CopyButton size="small" value={url} label="Copy address" of={name} />}
        <MoreActions world={world} piece={piece} refresh={refresh} />
      </div>
    </article>
  );
}
