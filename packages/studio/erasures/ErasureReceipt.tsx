import type { Erasure } from "@keepsake/contract/schemas";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { bytesText, dateText, plural } from "../api/errorText.ts";
import { useSession } from "../session/SessionProvider.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Dialog } from "../ui/Dialog.tsx";

type Props = {
  /** What was deleted, as a sentence begins. */
  of: string;
  erasure: Erasure;
  onClose(): void;
};

/** The receipt of a deletion, which goes on while it is looked at. */
export function ErasureReceipt({ of, erasure: begun, onClose }: Props) {
  const { client } = useSession();
  const { erasure_id } = begun;
  const { data: erasure } = useQuery({
    queryKey: ["erasure", erasure_id],
    queryFn: async () => (await client.getErasure({ erasure_id })).erasure,
    initialData: begun,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.done_at ? false : 2_000),
  });

  return (
    <Dialog title="Deleted" onClose={onClose}>
      <p className="receipt-line">
        <CircleCheck aria-hidden size={20} /> {of} is gone for everybody.
      </p>
      <DescriptionList
        facts={{
          Receipt: <code>{erasure_id}</code>,
          Asked: dateText(erasure.created_at),
          "Removed from the store": `${plural(erasure.objects, "object")}, ${bytesText(erasure.bytes)}`,
          CDN: purges[erasure.purge ?? "pending"],
          Finished: erasure.done_at
            ? dateText(erasure.done_at)
            : "Not yet: files go within a minute, and a last check follows 16 minutes later",
        }}
      />
      <p className="hint">A browser that showed a picture may keep its own copy for a while.</p>
      <div className="dialog-actions">
        <button type="button" className="button primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

const purges = {
  confirmed: "Told to forget them, and it did",
  not_configured: "Not asked: none is configured to be told",
  failed: "Could not be told",
  pending: "Not told yet",
};
