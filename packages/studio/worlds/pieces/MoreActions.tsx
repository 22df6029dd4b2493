import type { Piece, World } from "@keepsake/contract/schemas";
import { useId, useRef, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Ellipsis, History, Trash2, WandSparkles } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { EarlierPortraits } from "./EarlierPortraits.tsx";
import styles from "./MoreActions.module.css";
import { NewText } from "./NewText.tsx";
import { RemovePiece } from "./RemovePiece.tsx";
import { useProposal } from "./useProposal.ts";

type Props = { world: World; piece: Piece; refresh(): Promise<void> };

/** What is done less often with a piece: a new text, earlier portraits, removing it. */
export function MoreActions({ world, piece, refresh }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [dialog, setDialog] = useState<"text" | "portraits" | "remove">();
  const more = useRef<HTMLButtonElement>(null);
  const actions = useId();
  const { proposal } = useProposal(world.world_id, piece.piece_id);
  const { name, type } = piece;
  const { world_id } = world;
  const isCharacter = type === "character";
  const close = () => setDialog(undefined);
  const of = <span className={text.visuallyHidden}> of {name}</span>;

  return (
    <>
      <Button
        ref={more}
        size="small"
        aria-expanded={isOpen}
        aria-controls={actions}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Ellipsis aria-hidden size={16} /> More actions
        <span className={text.visuallyHidden}> for {name}</span>
      </Button>
      {proposal && !isOpen && (
        <Button size="small" onClick={() => setDialog("text")}>
          Compare the new text{of}
        </Button>
      )}
      <div id={actions} className={styles.actions} hidden={!isOpen}>
        {isCharacter && (
          <Button size="small" onClick={() => setDialog("text")}>
            <WandSparkles aria-hidden size={16} /> New text…{of}
          </Button>
        )}
        {isCharacter && (
          <Button size="small" onClick={() => setDialog("portraits")}>
            <History aria-hidden size={16} /> Earlier portraits{of}
          </Button>
        )}
        <Button size="small" onClick={() => setDialog("remove")}>
          <Trash2 aria-hidden size={16} /> Remove…
          <span className={text.visuallyHidden}> {name}</span>
        </Button>
      </div>
      {dialog === "text" && <NewText {...{ world, piece, refresh }} onClose={close} />}
      {dialog === "portraits" && (
        <EarlierPortraits {...{ world_id, piece, refresh }} onClose={close} />
      )}
      {dialog === "remove" && <RemovePiece {...{ world_id, piece, refresh }} onClose={close} />}
    </>
  );
}
