import type { Export } from "@keepsake/contract/exportSchemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { Chip } from "../../ui/Chip.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import { formatBytes, formatDate, pluralize } from "../../ui/format.ts";
import { Trash2 } from "../../ui/icons.tsx";
import { Spinner } from "../../ui/Spinner.tsx";
import text from "../../ui/text.module.css";
import { Download } from "../icons.tsx";
import styles from "./ExportRow.module.css";
import { layouts } from "./layouts.ts";

type Props = {
  item: Export;
  /** Of the list that has it. */
  queryKey: string[];
};

/** One export: its progress, its files, or why it has failed. */
export function ExportRow({ item, queryKey }: Props) {
  const { export_id, layout, status, items, options, created_at, error } = item;
  const { client } = useSession();
  const queries = useQueryClient();
  const reload = () => queries.invalidateQueries({ queryKey });
  const removal = useMutation({
    mutationFn: () => client.deleteExport({ export_id }),
    onSettled: reload,
  });
  const download = useMutation({
    mutationFn: async (index: number) => {
      const { files } = (await client.getExport({ export_id })).export;
      location.assign(files[index]!.url); // an attachment: the page stays
    },
    onError: reload,
  });
  const name = layout === "everything" ? "Everything" : (layouts[layout]?.name ?? layout);
  const of = `${name} of ${formatDate(created_at)}`;
  return (
    <li className={classes(card.card, styles.export)}>
      <div className={card.head}>
        <strong>{name}</strong>
        <Status status={status} />
      </div>
      <p className={text.hint}>
        {[
          pluralize(items, layout === "everything" ? "picture" : "image"),
          ...optionTexts(options),
          formatDate(created_at),
        ].join(" · ")}
      </p>
      {error && <p className={styles.error}>{error.message}</p>}
      {download.isError && <ErrorMessage error={download.error} />}
      {removal.isError && <ErrorMessage error={removal.error} />}
      <div className={styles.actions}>
        {item.files.map(({ filename, bytes }, index) => (
          <Button
            key={filename}
            size="small"
            variant="primary"
            aria-disabled={download.isPending}
            onClick={() => !download.isPending && download.mutate(index)}
          >
            <Download size={15} /> Download
            {item.files.length > 1 && ` ${index + 1} of ${item.files.length}`}, {formatBytes(bytes)}
            <span className={text.visuallyHidden}>: {filename}</span>
          </Button>
        ))}
        <Button
          size="small"
          variant="quiet"
          disabled={removal.isPending}
          onClick={() => removal.mutate()}
        >
          <Trash2 size={15} /> {status === "pending" ? "Cancel" : "Delete"}
          <span className={text.visuallyHidden}> {of}</span>
        </Button>
      </div>
      {status === "ready" && item.expires_at && (
        <p className={text.hint}>Kept until {formatDate(item.expires_at)}</p>
      )}
    </li>
  );
}

function Status({ status }: Pick<Export, "status">) {
  switch (status) {
    case "pending":
      return (
        <Chip role="status">
          <Spinner size={13} /> Being made…
        </Chip>
      );
    case "ready":
      return (
        <Chip tone="good" role="status">
          Ready
        </Chip>
      );
    case "failed":
      return (
        <Chip tone="bad" role="status">
          Failed
        </Chip>
      );
    default:
      return <Chip>Expired</Chip>;
  }
}

const optionTexts = ({ repeats, class: kind, size }: Export["options"]) => [
  ...(repeats ? [`${repeats} repeats`] : []),
  ...(kind ? [kind] : []),
  ...(size ? [`at most ${size} px`] : []),
];
