import type { Erasure } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { ConfirmDeletion } from "./ConfirmDeletion.tsx";
import { ErasureReceipt } from "./ErasureReceipt.tsx";

/** Deletes everything of the signed-in owner, after asking. */
export function EraseEverything({ onClose }: { onClose(): void }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [erasure, setErasure] = useState<Erasure>();

  if (erasure)
    return <ErasureReceipt of="Everything of yours" erasure={erasure} onClose={onClose} />;
  return (
    <ConfirmDeletion
      title="Delete everything?"
      action="Delete everything"
      onClose={onClose}
      onConfirm={async () => {
        const { erasure } = await client.eraseOwner();
        await queries.resetQueries();
        setErasure(erasure);
      }}
    >
      <p>
        All your worlds and images are deleted, including those of your linked Telegram accounts.
        This cannot be undone.
      </p>
    </ConfirmDeletion>
  );
}
