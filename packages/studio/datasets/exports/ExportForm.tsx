import type { Dataset } from "@keepsake/contract/api/datasets";
import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import { defaultRepeats } from "@keepsake/contract/exportLayouts";
import { limits } from "@keepsake/contract/limits";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import { Field } from "../../ui/Field.tsx";
import { pluralize } from "../../ui/format.ts";
import { useCaptionStore, useUnsavedCaptions } from "../captions/useCaptions.ts";
import { Archive } from "../icons.tsx";
import { idOf } from "../items/applyChange.ts";
import { useIsChanging } from "../items/useItemChanges.ts";
import type { LoadedItems } from "../items/useItems.ts";
import styles from "./ExportForm.module.css";
import { LayoutChoice } from "./LayoutChoice.tsx";
import { exportsKey } from "./useExports.ts";

type Props = {
  dataset: Dataset;
  items: LoadedItems | undefined;
  onShow(image_ids: string[]): void;
};

const sizes = [512, 768, 1024, 1536, 2048];

/** Chooses a layout and its options, and starts an export. */
export function ExportForm({ dataset, items, onShow }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const { dataset_id, item_count, trigger_word } = dataset;
  const [layout, setLayout] = useState<ExportLayout>("pairs");
  const unsent = useUnsent(dataset_id);
  const start = useMutation({
    mutationFn: (options: { repeats?: number; class?: string; size?: number }) =>
      client.createExport({ dataset_id, layout, ...options }),
    onSettled: () => queries.invalidateQueries({ queryKey: exportsKey(dataset_id) }),
  });
  const withoutControl =
    layout === "control" && items?.isComplete
      ? items.items.filter(({ control_image }) => !control_image).map(idOf)
      : [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (start.isPending) return;
    const fields = new FormData(event.currentTarget);
    const value = (name: string) => String(fields.get(name) ?? "").trim();
    start.mutate({
      ...(value("repeats") && { repeats: Number(value("repeats")) }),
      ...(value("class") && { class: value("class") }),
      ...(value("size") && { size: Number(value("size")) }),
    });
  };

  return (
    <form
      className={classes(card.card, styles.form)}
      aria-labelledby="new-export"
      onSubmit={submit}
    >
      <h2 id="new-export">New export</h2>
      <LayoutChoice
        layout={layout}
        onChange={(layout) => {
          setLayout(layout);
          start.reset();
        }}
      />
      {layout === "kohya" && (
        <div className={styles.options}>
          <Field label="Repeats" hint="a picture is seen this often in an epoch">
            <input
              name="repeats"
              type="number"
              inputMode="numeric"
              required
              min={1}
              max={limits.export_repeats}
              defaultValue={defaultRepeats}
            />
          </Field>
          <Field label="Class" hint="Optional">
            <input
              name="class"
              dir="auto"
              maxLength={limits.export_class_chars}
              placeholder="person"
            />
          </Field>
        </div>
      )}
      <Field label="Size">
        <select name="size" defaultValue="">
          <option value="">As they are</option>
          {sizes.map((size) => (
            <option key={size} value={size}>
              At most {size.toLocaleString("en")} px a side
            </option>
          ))}
        </select>
      </Field>
      {layout === "kohya" && !trigger_word && (
        <p className={styles.note}>
          This dataset has no trigger word; the folder is named by its class alone. You can set one
          under Edit.
        </p>
      )}
      {withoutControl.length > 0 && (
        <p className={styles.note} role="alert">
          {pluralize(withoutControl.length, "image")} without a control image: this layout needs one
          for each.{" "}
          <Button size="small" onClick={() => onShow(withoutControl)}>
            Show {withoutControl.length === 1 ? "it" : "them"}
          </Button>
        </p>
      )}
      <div role="status">
        {unsent && <p className={styles.note}>{unsent}</p>}
        {start.data?.export.status === "ready" && (
          <p className={styles.note}>This export is ready already: download it below.</p>
        )}
      </div>
      {start.isError && <ErrorMessage error={start.error} />}
      <div className={styles.actions}>
        <Button
          type="submit"
          variant="primary"
          aria-disabled={start.isPending}
          disabled={unsent !== undefined || item_count === 0 || withoutControl.length > 0}
        >
          <Archive size={17} />
          {start.isPending
            ? "Starting…"
            : item_count === 0
              ? "Nothing to export"
              : `Export ${pluralize(item_count, "image")}`}
        </Button>
      </div>
    </form>
  );
}

/** Why an export would lack something that was typed or changed; undefined when it would not. */
function useUnsent(dataset_id: string): string | undefined {
  const { unsaved, failed } = useUnsavedCaptions(useCaptionStore(dataset_id));
  const isChanging = useIsChanging(dataset_id);
  if (failed > 0)
    return `${pluralize(failed, "caption")} ${failed === 1 ? "is" : "are"} not saved yet: see Images. An export would lack ${failed === 1 ? "it" : "them"}.`;
  if (unsaved > 0 || isChanging)
    return "The last changes are being saved. You can export in a moment.";
  return undefined;
}
