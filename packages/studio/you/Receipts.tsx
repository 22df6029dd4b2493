import type { Output } from "@keepsake/contract/api";
import { useInfiniteQuery } from "@tanstack/react-query";
import { LoadError } from "../api/LoadError.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { moreOfQuery } from "../api/moreOfQuery.ts";
import { cacheText, filesText, finishedText } from "../erasures/erasureTexts.ts";
import { useSession } from "../session/SessionProvider.tsx";
import { Chip } from "../ui/Chip.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { DescriptionList } from "../ui/DescriptionList.tsx";
import { formatDate } from "../ui/format.ts";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import styles from "./Receipts.module.css";

type Receipt = Output<"listErasures">["erasures"][number];

const perPage = 10;

/** What was deleted, newest first; loaded again every ten seconds while a deletion is not finished. */
export function Receipts() {
  const { client } = useSession();
  const list = useInfiniteQuery({
    queryKey: ["erasures"],
    queryFn: ({ pageParam, signal }) =>
      client.listErasures({ limit: perPage, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 0,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some(({ erasures }) => erasures.some(({ done_at }) => !done_at)) ? 10_000 : false,
  });
  const receipts = list.data?.pages.flatMap(({ erasures }) => erasures);
  return (
    <section aria-labelledby="receipts">
      <h2 id="receipts">Receipts of deletions</h2>
      {list.isError && !receipts && <LoadError error={list.error} onRetry={() => list.refetch()} />}
      {list.isPending && <Skeleton className={styles.loading} />}
      {receipts?.length === 0 && (
        <p className={text.muted}>None yet. What you delete gets a receipt here.</p>
      )}
      {receipts && receipts.length > 0 && (
        <ul className={styles.list} aria-labelledby="receipts">
          {receipts.map((receipt) => (
            <li key={receipt.erasure_id} className={classes(card.card, styles.receipt)}>
              <ReceiptRow receipt={receipt} />
            </li>
          ))}
        </ul>
      )}
      <LoadMore {...moreOfQuery(list)} />
    </section>
  );
}

function ReceiptRow({ receipt }: { receipt: Receipt }) {
  const { sweep_minutes } = useSession().settings;
  return (
    <>
      <div className={card.head}>
        <h3>{subjects[receipt.subject ?? "other"]}</h3>
        {receipt.done_at ? <Chip tone="good">Finished</Chip> : <Chip>Being removed</Chip>}
      </div>
      <DescriptionList
        items={{
          Deleted: formatDate(receipt.created_at),
          Files: filesText(receipt, sweep_minutes),
          "Cached copies": cacheText(receipt),
          Finished: finishedText(receipt),
          Receipt: <code>{receipt.erasure_id}</code>,
        }}
      />
    </>
  );
}

/** `other` are deletions of before receipts said of what. */
const subjects: Record<NonNullable<Receipt["subject"]> | "other", string> = {
  image: "An image",
  world: "A world",
  piece: "A character",
  owner: "Everything of yours",
  portrait: "A portrait that was replaced",
  export: "The files of an export",
  other: "Something of yours",
};
