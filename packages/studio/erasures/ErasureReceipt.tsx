import type { Erasure } from "@keepsake/contract/schemas";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { formatDate } from "../ui/format.ts";
import { CircleCheck } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import styles from "./ErasureReceipt.module.css";
import { cacheText, filesText, finishedText } from "./erasureTexts.ts";

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
        <CircleCheck aria-hidden size={20} />{" "}
        <span>
          <bdi>{of}</bdi> was deleted.
        </span>
      </p>
      <DescriptionList
        items={{
          Receipt: <code>{erasure_id}</code>,
          Requested: formatDate(erasure.created_at),
          Files: filesText(erasure, settings.sweep_minutes),
          "Cached copies": cacheText(erasure),
          Finished: finishedText(erasure),
        }}
      />
      <p className={text.hint}>
        A browser that has shown a picture may keep its own copy for a while. You find this receipt
        again on your page.
      </p>
    </Dialog>
  );
}
