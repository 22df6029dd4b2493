import type { Erasure, Piece } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDeletion } from "../../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../../erasures/ErasureReceipt.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { shorten } from "../../ui/format.ts";
import { deleteEditsOfPiece } from "../edits/storedEdits.ts";
import { worldsKey } from "../useWorlds.ts";

type Props = { world_id: string; piece: Piece; refresh(): Promise<void>; onClose(): void };

/** Asks, deletes a piece, and shows the receipt. The piece leaves the page when the receipt is closed. */
export function RemovePiece({ world_id, piece, refresh, onClose }: Props) {
  const { client, id } = useSession();
  const queries = useQueryClient();
  const [erasure, setErasure] = useState<Erasure>();
  const { piece_id } = piece;
  const name = shorten(piece.name);

  if (erasure)
    return (
      <ErasureReceipt
        of={`“${name}”`}
        erasure={erasure}
        onClose={() => {
          onClose();
          refresh();
        }}
      />
    );
  return (
    <ConfirmDeletion
      title={`Remove ${name}?`}
      action="Remove"
      onClose={onClose}
      onConfirm={async () => {
        setErasure((await client.deletePiece({ world_id, piece_id })).erasure);
        deleteEditsOfPiece(id, world_id, piece_id);
        await queries.invalidateQueries({ queryKey: worldsKey });
      }}
    >
      <p>
        <bdi>{name}</bdi> is deleted from this world with its text and all its portraits, whose
        addresses stop working. An image of yours that became the portrait stays in Images. This
        cannot be undone.
      </p>
    </ConfirmDeletion>
  );
}
