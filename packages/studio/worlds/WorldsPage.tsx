import "./worlds.css";
import type { WorldSummary } from "@keepsake/contract/schemas";
import { Link } from "wouter";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { dateText } from "../api/errorText.ts";
import { LoadMore } from "../api/LoadMore.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { Page } from "../ui/Page.tsx";
import { useWorld, useWorlds } from "./useWorlds.ts";

/** Every world of whoever is here. */
export function WorldsPage() {
  const list = useWorlds();
  const worlds = list.data?.pages.flatMap((page) => page.worlds);
  return (
    <Page
      title="Worlds"
      actions={
        <Link href="/" className="button primary">
          New world
        </Link>
      }
    >
      {list.isError && !worlds && (
        <ErrorMessage error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.isPending && <span className="skeleton worlds-loading" />}
      {worlds?.length === 0 && (
        <EmptyState title="No worlds yet">
          <p>Generate some characters and keep those you like: they become your first world.</p>
          <Link href="/" className="button primary">
            Create a world
          </Link>
        </EmptyState>
      )}
      {worlds && worlds.length > 0 && (
        <ul className="worlds" aria-label="Worlds">
          {worlds.map((world) => (
            <li key={world.world_id}>
              <WorldCard {...world} />
            </li>
          ))}
        </ul>
      )}
      <LoadMore {...list} />
    </Page>
  );
}

function WorldCard({ world_id, theme, title, story, created_at }: WorldSummary) {
  return (
    <article className="world-card card">
      <Cover world_id={world_id} />
      <div className="world-card-text">
        <h2>
          <Link href={`/worlds/${world_id}`}>{title ?? "A world without a name"}</Link>
        </h2>
        {story && <p className="world-card-story">{story}</p>}
        <p className="hint">
          <span className="chip">{theme}</span> {dateText(created_at)}
        </p>
      </div>
    </article>
  );
}

const faces = 4;

/** The first faces of a world. The list itself comes without pieces. */
function Cover({ world_id }: { world_id: string }) {
  const { data: world } = useWorld(world_id);
  const urls = (world?.pieces ?? []).flatMap(({ details }) =>
    typeof details.image_portrait === "string" ? [details.image_portrait] : [],
  );
  return (
    <div className="world-cover" aria-hidden>
      {urls.slice(0, faces).map((url) => (
        <img key={url} src={url} alt="" loading="lazy" decoding="async" />
      ))}
      {urls.length > faces && <span>+{urls.length - faces}</span>}
    </div>
  );
}
