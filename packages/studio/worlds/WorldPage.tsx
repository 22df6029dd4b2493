import "./worlds.css";
import { AppError } from "@keepsake/contract/errors";
import type { Erasure } from "@keepsake/contract/schemas";
import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { dateText, plural } from "../api/errorText.ts";
import { ConfirmDeletion } from "../erasures/ConfirmDeletion.tsx";
import { ErasureReceipt } from "../erasures/ErasureReceipt.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Page } from "../ui/Page.tsx";
import { PieceCard } from "./PieceCard.tsx";
import { useWorld, worldKey, worldsKey } from "./useWorlds.ts";

/** One world: its story, its pieces and their portraits. */
export function WorldPage({ world_id }: { world_id: string }) {
  const { data: world, error, refetch } = useWorld(world_id);
  const [isDeleting, setIsDeleting] = useState(false);

  if (!world) return <Missing error={error} onRetry={() => refetch()} />;
  const title = world.title ?? "A world without a name";
  return (
    <Page
      title={title}
      lead={
        <>
          <span className="chip">{world.theme}</span> {plural(world.pieces.length, "piece")},
          created {dateText(world.created_at)}
        </>
      }
      actions={
        <>
          <CopyButton text={location.href} label="Copy link" of={title} />
          <button type="button" className="button" onClick={() => setIsDeleting(true)}>
            <Trash2 aria-hidden size={16} /> Delete…
          </button>
        </>
      }
    >
      {error && <ErrorMessage error={error} onRetry={() => refetch()} />}
      {world.story && <p className="world-story">{world.story}</p>}
      <ul className="cards">
        {world.pieces.map((piece) => (
          <li key={piece.piece_id}>
            <PieceCard world_id={world_id} piece={piece} />
          </li>
        ))}
      </ul>
      {isDeleting && (
        <DeleteWorld world_id={world_id} title={title} onClose={() => setIsDeleting(false)} />
      )}
    </Page>
  );
}

type DeleteProps = { world_id: string; title: string; onClose(): void };

function DeleteWorld({ world_id, title, onClose }: DeleteProps) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [erasure, setErasure] = useState<Erasure>();

  if (erasure)
    return (
      <ErasureReceipt
        of={`“${title}”`}
        erasure={erasure}
        onClose={() => {
          navigate("/worlds");
          queries.removeQueries({ queryKey: worldKey(world_id) });
        }}
      />
    );
  return (
    <ConfirmDeletion
      title="Delete this world?"
      action="Delete world"
      onClose={onClose}
      onConfirm={async () => {
        setErasure((await client.deleteWorld({ world_id })).erasure);
        await queries.invalidateQueries({ queryKey: worldsKey });
      }}
    >
      <p>
        “{title}” goes with its pieces and their portraits, whose addresses stop working. Images of
        yours that became portraits stay in Images. This cannot be undone.
      </p>
    </ConfirmDeletion>
  );
}

function Missing({ error, onRetry }: { error: unknown; onRetry(): void }) {
  if (!error) return <main id="content" className="page" aria-busy />;
  const isGone =
    error instanceof AppError && ["world.not_found", "input.invalid"].includes(error.code);
  return (
    <Page title={isGone ? "This world is not here" : "This world cannot be shown"}>
      {isGone ? (
        <p>It was deleted, or it belongs to somebody else.</p>
      ) : (
        <ErrorMessage error={error} onRetry={onRetry} />
      )}
      <p>
        <Link href="/worlds">All your worlds</Link>
      </p>
    </Page>
  );
}
