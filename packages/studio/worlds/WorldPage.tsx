import { srcset } from "@keepsake/client/srcset";
import { AppError } from "@keepsake/contract/errors";
import type { Piece, World } from "@keepsake/contract/schemas";
import { Trash2 } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { Link } from "wouter";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import characterCard from "../characters/characterCard.module.css";
import { Button } from "../ui/Button.tsx";
import { Chip } from "../ui/Chip.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { formatDate, pluralize } from "../ui/format.ts";
import { LoadingPage, Page } from "../ui/Page.tsx";
import { Picture } from "../ui/Picture.tsx";
import { DeleteWorld } from "./DeleteWorld.tsx";
import { PieceCard } from "./PieceCard.tsx";
import { useWorld } from "./useWorlds.ts";
import styles from "./WorldPage.module.css";

/** One world: its story, its pieces and their portraits. */
export function WorldPage({ world_id }: { world_id: string }) {
  const { data: world, error, refetch } = useWorld(world_id);
  const [isDeleting, setIsDeleting] = useState(false);

  if (!world) return <Missing error={error} onRetry={() => refetch()} />;
  const title = world.title ?? "Untitled world";
  return (
    <Page
      title={title}
      lead={
        <>
          <Chip>{world.theme}</Chip> {countText(world.pieces)}, created{" "}
          {formatDate(world.created_at)}
        </>
      }
      actions={
        <>
          <CopyButton value={location.href} label="Copy link" of={title} />
          <Button onClick={() => setIsDeleting(true)}>
            <Trash2 aria-hidden size={16} /> Delete…
          </Button>
        </>
      }
    >
      {error && <ErrorMessage error={error} onRetry={() => refetch()} />}
      {world.image && <WorldPicture image={world.image} title={title} />}
      {world.story && <p className={styles.story}>{world.story}</p>}
      <ul className={characterCard.cards}>
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

/** Has its aspect ratio from the start, so that nothing moves when it loads. */
function WorldPicture({ image, title }: { image: NonNullable<World["image"]>; title: string }) {
  const { url, width, height, thumbhash, alt } = image;
  return (
    <div className={styles.picture} style={{ "--ratio": width / height } as CSSProperties}>
      <Picture
        src={url}
        srcSet={srcset(image)}
        sizes="(max-width: 30rem) 90vw, 24rem"
        alt={alt ?? `Picture of ${title}`}
        thumbhash={thumbhash}
        isFirst
      />
    </div>
  );
}

const countText = (pieces: Piece[]) =>
  pluralize(
    pieces.length,
    pieces.every(({ type }) => type === "character") ? "character" : "piece",
  );

function Missing({ error, onRetry }: { error: unknown; onRetry(): void }) {
  if (!error) return <LoadingPage />;
  const isNotFound =
    error instanceof AppError && ["world.not_found", "input.invalid"].includes(error.code);
  return (
    <Page title={isNotFound ? "World not found" : "This world could not be loaded"}>
      {isNotFound ? (
        <p>It was deleted, or it belongs to another account.</p>
      ) : (
        <ErrorMessage error={error} onRetry={onRetry} />
      )}
      <p>
        <Link href="/worlds">All your worlds</Link>
      </p>
    </Page>
  );
}
