import type { Output } from "@keepsake/contract/api";
import { useQuery } from "@tanstack/react-query";
import { LoadError } from "../api/LoadError.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatBytes } from "../ui/format.ts";
import { Meter } from "../ui/Meter.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import styles from "./Usage.module.css";

export const ownerKey = ["owner"];

/** What the person uses of each limit. */
export function Usage() {
  const { client } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ownerKey,
    queryFn: ({ signal }) => client.getOwner({}, { signal }),
    staleTime: 0,
    refetchInterval: 30_000,
  });
  return (
    <section aria-labelledby="usage">
      <h2 id="usage">Usage and limits</h2>
      {error && <LoadError error={error} onRetry={refetch} isShown={data !== undefined} />}
      <ul className={classes(card.card, styles.rows)} aria-busy={!data || undefined}>
        {data
          ? rowsOf(data).map(({ label, value, used, limit }) => (
              <li key={label}>
                <span className={styles.label}>{label}</span>
                <span>{value}</span>
                {limit !== null && <Meter label={label} value={used} max={limit} text={value} />}
              </li>
            ))
          : Array.from({ length: 7 }, (_, index) => (
              <li key={index}>
                <Skeleton className={styles.loading} />
              </li>
            ))}
      </ul>
      <p className={text.hint}>
        A linked Telegram account has limits of its own: its pictures do not count here.
      </p>
    </section>
  );
}

type Row = { label: string; value: string; used: number; limit: number | null };

function rowsOf({ usage, limits }: Output<"getOwner">): Row[] {
  const row = (label: string, used: number, limit: number | null, value: string): Row => ({
    label,
    used,
    limit,
    value,
  });
  const of = (used: number, limit: number | null) =>
    limit === null ? count(used) : `${count(used)} of ${count(limit)}`;
  return [
    row(
      "Storage",
      usage.stored_bytes,
      limits.stored_bytes,
      limits.stored_bytes === null
        ? `${formatBytes(usage.stored_bytes)}, without a limit`
        : `${formatBytes(usage.stored_bytes)} of ${formatBytes(limits.stored_bytes)}`,
    ),
    row("Images", usage.images, limits.images, of(usage.images, limits.images)),
    row(
      "Generated characters",
      usage.generated_characters,
      limits.generated_characters,
      `${of(usage.generated_characters, limits.generated_characters)} characters this hour`,
    ),
    row(
      "Uploads that have not finished",
      usage.outstanding_uploads,
      limits.outstanding_uploads,
      `${of(usage.outstanding_uploads, limits.outstanding_uploads)}, ${formatBytes(usage.outstanding_upload_bytes)} of ${formatBytes(limits.outstanding_upload_bytes)}`,
    ),
    row("Datasets", usage.datasets, limits.datasets, of(usage.datasets, limits.datasets)),
    row(
      "Exports of datasets",
      usage.started_exports,
      limits.started_exports,
      `${of(usage.started_exports, limits.started_exports)} in 24 hours`,
    ),
    row(
      "Exports of everything",
      usage.started_owner_exports,
      limits.started_owner_exports,
      `${of(usage.started_owner_exports, limits.started_owner_exports)} in 24 hours`,
    ),
  ];
}

const numbers = new Intl.NumberFormat("en");
const count = (value: number) => numbers.format(value);
