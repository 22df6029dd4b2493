import type { Piece } from "@keepsake/contract/schemas";
import type { ReactNode } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { EditForm } from "../edits/EditForm.tsx";
import { useEdits } from "../edits/useEdits.ts";
import styles from "./EditPiece.module.css";
import { PieceFields } from "./PieceFields.tsx";
import { pieceTexts } from "./pieceTexts.ts";
import { sendPieceTexts, storedPiece } from "./sendPieceTexts.ts";

type Props = {
  world_id: string;
  piece: Piece;
  refresh(): Promise<void>;
  isOpen: boolean;
  onClose(): void;
  /** Shown while nothing is edited. */
  children: ReactNode;
};

/** Edits the texts of a piece in its card. */
export function EditPiece({ world_id, piece, refresh, isOpen, onClose, children }: Props) {
  const { client } = useSession();
  const { piece_id, name, details } = piece;
  const saved = pieceTexts(piece);
  const edits = useEdits(world_id, piece_id, saved);

  return (
    <EditForm
      className={styles.form}
      name={name}
      edits={edits}
      isOpen={isOpen}
      onClose={onClose}
      refresh={refresh}
      load={async () => pieceTexts(await storedPiece(client, world_id, piece_id))}
      send={(changed) => sendPieceTexts(client, world_id, piece_id, changed)}
      closed={children}
    >
      <PieceFields edits={edits} details={details} fields={Object.keys(saved)} />
    </EditForm>
  );
}
