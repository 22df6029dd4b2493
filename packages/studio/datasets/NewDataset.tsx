import type { Dataset } from "@keepsake/contract/api/datasets";
import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { pluralize } from "../ui/format.ts";
import { DatasetFields } from "./DatasetFields.tsx";
import { datasetsKey } from "./useDatasets.ts";

type Props = {
  /** What the dataset begins with. */
  images: Image[];
  onCreated(dataset: Dataset): void;
  onClose(): void;
};

/** Asks for a name and a trigger word, and creates a dataset of images. */
export function NewDataset({ images, onCreated, onClose }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [triggerWord, setTriggerWord] = useState("");
  const idempotencyKey = useRef(crypto.randomUUID());
  const created = useRef<Dataset>(undefined); // when adding its images failed, only that is tried again
  const creation = useMutation({
    mutationFn: async () => {
      created.current ??= (
        await client.createDataset(
          { name: name.trim(), ...(triggerWord.trim() && { trigger_word: triggerWord.trim() }) },
          { idempotencyKey: idempotencyKey.current },
        )
      ).dataset;
      const { dataset_id } = created.current;
      const items = images.map(({ image_id }) => ({ image_id }));
      if (items.length > 0) await client.putDatasetItems({ dataset_id, items });
      return created.current;
    },
    onSuccess: onCreated,
    onSettled: () => queries.invalidateQueries({ queryKey: datasetsKey }),
  });
  const edit =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      if (!created.current) idempotencyKey.current = crypto.randomUUID(); // another dataset
      set(value);
    };

  return (
    <Dialog title="New dataset" onClose={onClose}>
      <form
        id="new-dataset"
        onSubmit={(event) => {
          event.preventDefault();
          if (!creation.isPending) creation.mutate();
        }}
      >
        <DatasetFields
          {...{ name, triggerWord }}
          setName={edit(setName)}
          setTriggerWord={edit(setTriggerWord)}
        >
          {images.length > limits.dataset_items && (
            <p>A dataset holds at most {limits.dataset_items} images. Select fewer.</p>
          )}
          {creation.isError && <ErrorMessage error={creation.error} />}
          <Button
            type="submit"
            variant="primary"
            aria-disabled={creation.isPending}
            disabled={images.length > limits.dataset_items}
          >
            {creation.isPending ? "Creating…" : labelFor(images.length)}
          </Button>
        </DatasetFields>
      </form>
    </Dialog>
  );
}

const labelFor = (count: number) =>
  count === 0 ? "Create dataset" : `Create with ${pluralize(count, "image")}`;
