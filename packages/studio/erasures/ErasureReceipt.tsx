import { erasedWithinSeconds } from "@keepsake/contract/schedules";
import type { Erasure } from "@keepsake/contract/schemas";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { formatBytes, formatDate, pluralize } from "../ui/format.ts";
import text from "../ui/text.module.css";
import styles from "./ErasureReceipt.module.css";

type Props = {
  /** What was deleted, as the beginning of a sentence. */
  of: string;
  erasure: Erasure;
  onClose(): void;
};

/** The receipt of a deletion, refreshed every two seconds until the deletion is done. */
export function ErasureReceipt({ of, erasure: initialData, onClose }: Props) {
  const { client, settings } = useSession();
  const { erasure_id } = initialData;
  const { data: erasure } = useQuery({
    queryKey: ["erasure", erasure_id],
    queryFn: async () => (await client.getErasure({ erasure_id })).erasure,
    initialData,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.done_at ? false : 2_000),
  });

  return (
    <Dialog
      title="Deleted"
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <p className={styles.done}>
        <CircleCheck aria-hidden size={20} /> {of} was deleted.
      </p>
      <DescriptionList
        items={{
          Receipt: <code>{erasure_id}</code>,
          Requested: formatDate(erasure.created_at),
          "Removed from storage": `${pluralize(erasure.objects, "object")}, ${formatBytes(erasure.bytes)}`,
          "CDN cache": purges[erasure.purge ?? "pending"],
          Finished: erasure.done_at
            ? formatDate(erasure.done_at)
            : `Not yet: files are removed within ${erasedWithinSeconds(settings.sweep_minutes)} seconds, and a last check follows 16 minutes later`,
        }}
      />
      <p className={text.hint}>
        A browser that has shown a picture may keep its own copy for a while.
      </p>
    </Dialog>
  );
}

const purges = {
  confirmed: "Cleared",
  not_configured: "No CDN cache to clear",
  failed: "Could not be cleared yet",
  pending: "Not cleared yet",
};
