import type { Erasure } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../erasures/ErasureReceipt.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { shorten } from "../ui/format.ts";
import { deleteEditsOfWorld } from "./edits/storedEdits.ts";
import { worldsKey } from "./useWorlds.ts";

type Props = { world_id: string; title: string; onClose(): void };

/** Asks, deletes, shows the receipt, then returns to the list. */
export function DeleteWorld({ world_id, title: whole, onClose }: Props) {
  const title = shorten(whole);
  const { client, id } = useSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [erasure, setErasure] = useState<Erasure>();

  if (erasure)
    return (
      <ErasureReceipt
        of={`“${title}”`}
        erasure={erasure}
        onClose={() => {
          navigate("/worlds");
        }}
      />
    );
  return (
    <ConfirmDeletion
      title="Delete this world?"
      action="Delete world"
      onClose={onClose}
      onConfirm={async () => {
        setErasure((await client.deleteWorld({ world_id })).erasure);
        deleteEditsOfWorld(id, world_id);
        await queries.invalidateQueries({ queryKey: worldsKey });
      }}
    >
      <p>
        “<bdi>{title}</bdi>” is deleted with its pieces and their portraits, whose addresses stop
        working. Its public page stops, too. Your images that became portraits stay in Images. This
        cannot be undone.
      </p>
    </ConfirmDeletion>
  );
}
