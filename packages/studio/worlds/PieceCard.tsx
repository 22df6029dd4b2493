import type { Image, Piece } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ImagePlus, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { CharacterText } from "../characters/CharacterText.tsx";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Picture } from "../ui/Picture.tsx";
import { worldKey } from "./useWorlds.ts";

/** A piece of a world; only a character has a portrait, which may be replaced by an image of the owner's. */
export function PieceCard({ world_id, piece }: { world_id: string; piece: Piece }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [isPicking, setIsPicking] = useState(false);
  const { piece_id, type, name, details } = piece;
  const url = details.image_portrait as string | undefined;

  const replacing = useMutation({
    mutationFn: ({ image_id }: Image) => client.replacePortrait({ world_id, piece_id, image_id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: worldKey(world_id) }),
  });

  return (
    <article className="character card" aria-label={name}>
      {type === "character" && <Portrait piece={piece} url={url} />}
      {type !== "character" && <p className="chip piece-type">{type}</p>}
      <CharacterText {...piece} />
      {replacing.isError && <ErrorMessage error={replacing.error} />}
      {type === "character" && (
        <div className="character-actions">
          <button
            type="button"
            className="button small"
            disabled={replacing.isPending}
            onClick={() => setIsPicking(true)}
          >
            <ImagePlus aria-hidden size={16} /> {url ? "Replace portrait" : "Add a portrait"}
            <span className="visually-hidden"> of {name}</span>
          </button>
          {url && <CopyButton className="button small" text={url} label="Copy address" of={name} />}
        </div>
      )}
      {isPicking && (
        <ImagePicker
          title={`A portrait for ${name}`}
          onPick={(image) => {
            setIsPicking(false);
            replacing.mutate(image);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </article>
  );
}

/** What is published stays in sight until what is coming has arrived. */
function Portrait({ piece, url }: { piece: Piece; url: string | undefined }) {
  const { name, portrait_status, portrait_error } = piece;
  const isComing = portrait_status === "pending";
  return (
    <div className="portrait-frame" aria-busy={isComing}>
      {url ? (
        <Picture src={url} alt={`Portrait of ${name}`} />
      ) : isComing ? (
        <span className="skeleton portrait-skeleton" />
      ) : (
        <p className="portrait-missing">{portrait_error ?? "No portrait yet"}</p>
      )}
      {isComing && (
        <span role="status" className="chip portrait-chip">
          <LoaderCircle aria-hidden size={14} /> On its way to the CDN
        </span>
      )}
      {url && !isComing && portrait_error && (
        <span className="chip bad portrait-chip">{portrait_error}</span>
      )}
    </div>
  );
}
