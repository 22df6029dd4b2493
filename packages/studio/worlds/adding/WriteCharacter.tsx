import type { Details } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { useSession } from "../../session/SessionProvider.tsx";
import { EditForm } from "../edits/EditForm.tsx";
import { editsOf, type Subject, storeEdit } from "../edits/storedEdits.ts";
import { type Texts, useEdits } from "../edits/useEdits.ts";
import { PieceFields } from "../pieces/PieceFields.tsx";
import { changeDetails, detailField } from "../pieces/pieceTexts.ts";
import { worldsKey } from "../useWorlds.ts";

type Props = {
  world_id: string;
  refresh(): Promise<void>;
  isOpen: boolean;
  onClose(): void;
};

const noDetails: Details = {};
const nothingSaved: Texts = {};

/** A character that is written by hand. What was typed stays in this browser until it is added. */
export function WriteCharacter({ world_id, refresh, isOpen, onClose }: Props) {
  const { client, id: owner } = useSession();
  const queries = useQueryClient();
  const edits = useEdits(world_id, "new character", nothingSaved);
  const attempt = { owner, world_id, of: "new character attempt" };

  return (
    <EditForm
      name="A new character"
      action="Add to the world"
      edits={edits}
      isOpen={isOpen}
      onClose={() => {
        storeEdit(attempt, "id", undefined);
        onClose();
      }}
      refresh={refresh}
      load={async () => nothingSaved}
      send={async ({ name, description, ...details }) => {
        const piece = {
          type: "character" as const,
          name: name ?? "",
          description: description ?? "",
          details: changeDetails(noDetails, details),
        };
        await client.addPieces(
          { world_id, pieces: [piece] },
          { idempotencyKey: await keyOf(attempt, piece) },
        );
        queries.invalidateQueries({ queryKey: worldsKey });
      }}
    >
      <PieceFields edits={edits} details={noDetails} fields={[detailField("traits")]} />
    </EditForm>
  );
}

/** The same for the same text until it was added: when a response was lost, adding it again adds nothing. */
async function keyOf(attempt: Subject, piece: object): Promise<string> {
  const id = editsOf(attempt).id?.value ?? crypto.randomUUID();
  storeEdit(attempt, "id", { base: null, value: id });
  const bytes = new TextEncoder().encode(JSON.stringify([id, piece]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
