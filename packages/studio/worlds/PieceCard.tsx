import { srcset } from "@keepsake/client/srcset";
import type { Image, Piece } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ImagePlus, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { CharacterText } from "../characters/CharacterText.tsx";
import characterCard from "../characters/characterCard.module.css";
import portraitStyles from "../characters/portrait.module.css";
import { portraitSizes } from "../characters/portraitSizes.ts";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import { Chip } from "../ui/Chip.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Picture } from "../ui/Picture.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import styles from "./PieceCard.module.css";
import { worldKey } from "./useWorlds.ts";

/** A piece of a world. Only a character has a portrait, which one of the owner's images may replace. */
export function PieceCard({ world_id, piece }: { world_id: string; piece: Piece }) {
  const { client } = useSession();
  const queries = useQueryClient();
  const [isPicking, setIsPicking] = useState(false);
  const { piece_id, type, name, details } = piece;
  const isCharacter = type === "character";
  const url = details.image_portrait as string | undefined;

  const replacement = useMutation({
    mutationFn: ({ image_id }: Image) => client.replacePortrait({ world_id, piece_id, image_id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: worldKey(world_id) }),
  });

  return (
    <article className={classes(card.card, characterCard.card)} aria-label={name}>
      {isCharacter ? (
        <Portrait piece={piece} url={url} />
      ) : (
        <Chip className={styles.type}>{type}</Chip>
      )}
      <CharacterText {...piece} />
      {replacement.isError && <ErrorMessage error={replacement.error} />}
      {isCharacter && (
        <div className={characterCard.actions}>
          <Button size="small" disabled={replacement.isPending} onClick={() => setIsPicking(true)}>
            <ImagePlus aria-hidden size={16} /> {url ? "Replace portrait" : "Add a portrait"}
            <span className={text.visuallyHidden}> of {name}</span>
          </Button>
          {url && <CopyButton size="small" value={url} label="Copy address" of={name} />}
        </div>
      )}
      {isPicking && (
        <ImagePicker
          title={`A portrait for ${name}`}
          onPick={(image) => {
            setIsPicking(false);
            replacement.mutate(image);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </article>
  );
}

/** The published portrait stays visible until its replacement is published. */
function Portrait({ piece, url }: { piece: Piece; url: string | undefined }) {
  const { name, portrait_status, portrait_error } = piece;
  const isPending = portrait_status === "pending";
  return (
    <div className={portraitStyles.frame} aria-busy={isPending}>
      {url ? (
        <Picture
          src={url}
          srcSet={srcset(piece)}
          sizes={portraitSizes}
          alt={`Portrait of ${name}`}
        />
      ) : isPending ? (
        <Skeleton className={portraitStyles.skeleton} />
      ) : (
        <p className={portraitStyles.missing}>{portrait_error ?? "No portrait yet"}</p>
      )}
      {isPending && (
        <Chip role="status" className={portraitStyles.chip}>
          <LoaderCircle aria-hidden size={14} /> Publishing…
        </Chip>
      )}
      {url && !isPending && portrait_error && (
        <Chip tone="bad" className={portraitStyles.chip}>
          {portrait_error}
        </Chip>
      )}
    </div>
  );
}
