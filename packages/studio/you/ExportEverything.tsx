import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { LoadError } from "../api/LoadError.tsx";
import { ExportRow } from "../datasets/exports/ExportRow.tsx";
import { useExportList } from "../datasets/exports/useExports.ts";
import { Archive } from "../datasets/icons.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import text from "../ui/text.module.css";
import styles from "./ExportEverything.module.css";
import { ownerKey } from "./Usage.tsx";

const exportsKey = ["exports of everything"];

/** Starts an export of everything, and lists those of the past week with their progress and files. */
export function ExportEverything() {
  const { client } = useSession();
  const queries = useQueryClient();
  const {
    data: exports,
    error,
    refetch,
  } = useExportList(
    exportsKey,
    async (signal) => (await client.listOwnerExports({}, { signal })).exports,
  );
  const start = useMutation({
    mutationFn: () => client.exportOwner({}),
    onSettled() {
      queries.invalidateQueries({ queryKey: exportsKey });
      queries.invalidateQueries({ queryKey: ownerKey });
    },
  });
  const isRunning = start.isPending || exports?.some(({ status }) => status === "pending") === true;
  return (
    <section aria-labelledby="export-everything">
      <h2 id="export-everything">Export everything</h2>
      <p>
        Zip files with every picture of yours as it is, those of linked Telegram accounts too, with
        their texts, tags and dates, and with your worlds and datasets. They are kept for 24 hours.
      </p>
      <div>
        <Button
          variant="primary"
          aria-disabled={isRunning || undefined}
          onClick={() => isRunning || start.mutate()}
        >
          <Archive size={18} /> {isRunning ? "Export is being made…" : "Start an export"}
        </Button>
      </div>
      {start.isError && <ErrorMessage error={start.error} />}
      {error && <LoadError error={error} onRetry={refetch} isShown={exports !== undefined} />}
      {exports?.length === 0 && <p className={text.hint}>There is none of the past week.</p>}
      {exports && exports.length > 0 && (
        <ul className={styles.list} aria-label="Exports">
          {exports.map((item) => (
            <ExportRow key={item.export_id} item={item} queryKey={exportsKey} />
          ))}
        </ul>
      )}
    </section>
  );
}
