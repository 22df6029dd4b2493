import type { Dataset } from "@keepsake/contract/api/datasets";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { shorten } from "../ui/format.ts";
import { forgetCaptions } from "./captions/useCaptions.ts";
import { datasetsKey } from "./useDatasets.ts";

/** Asks, deletes, and returns to the list. */
export function DeleteDataset({ dataset, onClose }: { dataset: Dataset; onClose(): void }) {
  const session = useSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { dataset_id } = dataset;
  const name = shorten(dataset.name);
  return (
    <ConfirmDeletion
      title="Delete this dataset?"
      action="Delete dataset"
      onClose={onClose}
      onConfirm={async () => {
        await session.client.deleteDataset({ dataset_id });
        forgetCaptions(session, dataset_id);
        await queries.invalidateQueries({ queryKey: datasetsKey });
        navigate("/datasets");
      }}
    >
      <p>
        “<bdi>{name}</bdi>” is deleted with its order and its captions. Its pictures stay in Images.
        This cannot be undone.
      </p>
    </ConfirmDeletion>
  );
}
