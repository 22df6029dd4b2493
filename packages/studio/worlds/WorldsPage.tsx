import { Link } from "wouter";
import { LoadError } from "../api/LoadError.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { moreOfQuery } from "../api/moreOfQuery.ts";
import { buttonClass } from "../ui/Button.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { Page } from "../ui/Page.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { useWorlds } from "./useWorlds.ts";
import { WorldCard } from "./WorldCard.tsx";
import styles from "./WorldsPage.module.css";

/** Every world of the owner. */
export function WorldsPage() {
  const list = useWorlds();
  const worlds = list.data?.pages.flatMap((page) => page.worlds);
  return (
    <Page
      title="Worlds"
      actions={
        <Link href="/" className={buttonClass({ variant: "primary" })}>
          New world
        </Link>
      }
    >
      {list.isError && !worlds && <LoadError error={list.error} onRetry={() => list.refetch()} />}
      {list.isPending && <Skeleton className={styles.loading} />}
      {worlds?.length === 0 && (
        <EmptyState title="No worlds yet">
          <p>Generate characters and keep those you like. They become your first world.</p>
          <Link href="/" className={buttonClass({ variant: "primary" })}>
            Create a world
          </Link>
        </EmptyState>
      )}
      {worlds && worlds.length > 0 && (
        <ul className={styles.worlds} aria-label="Worlds">
          {worlds.map((world) => (
            <li key={world.world_id}>
              <WorldCard {...world} />
            </li>
          ))}
        </ul>
      )}
      <LoadMore {...moreOfQuery(list)} />
    </Page>
  );
}
