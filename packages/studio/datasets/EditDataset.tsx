import type { Dataset } from "@keepsake/contract/api/datasets";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { DatasetFields } from "./DatasetFields.tsx";
import { datasetKey } from "./useDataset.ts";
import { datasetsKey } from "./useDatasets.ts";

/** Changes the name and the trigger word of a dataset. */
export function EditDataset({ dataset, onClose }: { dataset: Dataset; onClose(): void }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { dataset_id } = dataset;
  const [name, setName] = useState(dataset.name);
  const [triggerWord, setTriggerWord] = useState(dataset.trigger_word ?? "");
  const change = useMutation({
    mutationFn: () =>
      client.updateDataset({
        dataset_id,
        name: name.trim(),
        trigger_word: triggerWord.trim() || null,
      }),
    onSuccess({ dataset }) {
      queries.setQueryData(datasetKey(dataset_id), dataset);
      queries.invalidateQueries({ queryKey: datasetsKey });
      onClose();
    },
  });
  return (
    <Dialog title="Edit dataset" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!change.isPending) change.mutate();
        }}
      >
        <DatasetFields {...{ name, setName, triggerWord, setTriggerWord }}>
          {change.isError && <ErrorMessage error={change.error} />}
          <Button type="submit" variant="primary" aria-disabled={change.isPending}>
            {change.isPending ? "Saving…" : "Save"}
          </Button>
        </DatasetFields>
      </form>
    </Dialog>
  );
}
