import type { Client } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { pluralize } from "../../ui/format.ts";
import { Check } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { FileText } from "../icons.tsx";
import { itemsKey } from "../items/useItems.ts";
import { datasetKey } from "../useDataset.ts";
import styles from "./ImportCaptions.module.css";

type Props = { dataset_id: string; onClose(): void };

/** Sets captions from a `metadata.jsonl`, and shows which of its lines matched an image. */
export function ImportCaptions({ dataset_id, onClose }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const importing = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > limits.captions_chars) throw new FileTooLarge();
      return client.importCaptions({ dataset_id, metadata: await file.text() });
    },
    onSuccess({ dataset }) {
      queries.setQueryData(datasetKey(dataset_id), dataset);
      return queries.invalidateQueries({ queryKey: itemsKey(dataset_id) });
    },
  });
  const { data, error, isPending, mutate } = importing;

  return (
    <Dialog
      title="Import captions"
      onClose={onClose}
      actions={
        <>
          <Button disabled={isPending} onClick={() => input.current?.click()}>
            <FileText size={17} />{" "}
            {isPending ? "Importing…" : data ? "Choose another file" : "Choose a file"}
          </Button>
          {data && (
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          )}
        </>
      }
    >
      <input
        ref={input}
        type="file"
        hidden
        aria-label="A metadata.jsonl file"
        accept=".jsonl,.ndjson,.json,.txt,application/jsonl,application/x-ndjson"
        onChange={({ target }) => {
          const file = target.files?.[0];
          target.value = "";
          if (file) mutate(file);
        }}
      />
      {!data && (
        <>
          <p>
            Choose a <code>metadata.jsonl</code>, as Hugging Face datasets have it: a line per
            image, with its file name and its caption. It replaces the captions of the images that
            it names.
          </p>
          <pre className={styles.example}>
            {'{"file_name": "harbour.jpg", "text": "a harbour at dawn"}'}
          </pre>
        </>
      )}
      {error instanceof FileTooLarge ? (
        <p role="alert">This file is larger than 5.5 MB. Import it in several parts.</p>
      ) : (
        error && <ErrorMessage error={error} />
      )}
      <div role="status">{data && <ImportResult result={data} />}</div>
    </Dialog>
  );
}

class FileTooLarge extends Error {}

type Result = Awaited<ReturnType<Client["importCaptions"]>>;

function ImportResult({ result: { matched, unmatched } }: { result: Result }) {
  return (
    <div className={styles.result}>
      <p className={styles.matched}>
        <Check size={18} /> {pluralize(matched.length, "line")} matched an image
      </p>
      {unmatched.length > 0 && (
        <>
          <p>{pluralize(unmatched.length, "line")} set no caption:</p>
          <ul className={styles.lines}>
            {unmatched.slice(0, 200).map(({ line, file_name, reason }) => (
              <li key={line}>
                <span className={text.muted}>Line {line}</span>
                {file_name && <code>{file_name}</code>}
                <span>{reasons[reason] ?? reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

const reasons: Record<string, string> = {
  not_json: "is not JSON",
  no_file_name: "has no file_name",
  no_text: "has no text",
  text_too_long: `is longer than ${limits.dataset_caption_chars.toLocaleString("en")} characters`,
  text_not_storable: "has characters that cannot be stored",
  not_in_dataset: "is not the name of an image in this dataset",
  ambiguous: "is the name of several images",
};
