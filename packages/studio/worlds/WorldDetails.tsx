import type { World } from "@keepsake/contract/schemas";
import { useEffect, useRef } from "react";
import { LoadError } from "../api/LoadError.tsx";
import characterCard from "../characters/characterCard.module.css";
import { PageFrame } from "../ui/Page.tsx";
import { AddCharacters } from "./adding/AddCharacters.tsx";
import { LostTexts } from "./edits/LostTexts.tsx";
import { PieceCard } from "./pieces/PieceCard.tsx";
import { WorldHero } from "./WorldHero.tsx";

type Props = {
  world: World;
  error: unknown;
  refresh(): Promise<void>;
  /** Called with the title of the world. */
  onDelete(title: string): void;
};

/** The page of a world: what it is, its pieces, and adding more. */
export function WorldDetails({ world, error, refresh, onDelete }: Props) {
  const focused = useRef<Element>(undefined);
  // the card that had the focus was removed
  useEffect(() => {
    if (!focused.current || focused.current.isConnected) return;
    focused.current = undefined;
    if (document.activeElement === document.body) document.querySelector("h1")?.focus();
  }, [world]);

  return (
    <PageFrame>
      <WorldHero world={world} refresh={refresh} onDelete={onDelete} />
      {error !== undefined && <LoadError error={error} onRetry={refresh} isShown />}
      <LostTexts
        world_id={world.world_id}
        piece_ids={world.pieces.map(({ piece_id }) => piece_id)}
      />
      {world.pieces.length > 0 && (
        <ul
          className={characterCard.cards}
          aria-label="Pieces"
          onFocus={({ target }) => {
            focused.current = target;
          }}
        >
          {world.pieces.map((piece) => (
            <li key={piece.piece_id}>
              <PieceCard world={world} piece={piece} refresh={refresh} />
            </li>
          ))}
        </ul>
      )}
      <AddCharacters world={world} refresh={refresh} />
    </PageFrame>
  );
}
