import { srcSet } from "@keepsake/client";
import type { Piece } from "@keepsake/contract/schemas";
import { useMutation, useQuery } from "@tanstack/react-query";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { LoadError } from "../../api/LoadError.tsx";
import portrait from "../../characters/portrait.module.css";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { formatDate } from "../../ui/format.ts";
import { Picture } from "../../ui/Picture.tsx";
import text from "../../ui/text.module.css";
import styles from "./EarlierPortraits.module.css";
import { replacedAgo } from "./replacedAgo.ts";

type Props = { world_id: string; piece: Piece; refresh(): Promise<void>; onClose(): void };

/** Portraits that were replaced and are not erased yet. One of them can be brought back. */
export function EarlierPortraits({ world_id, piece, refresh, onClose }: Props) {
  const { client } = useSession();
  const { piece_id, name } = piece;
  const list = useQuery({
    queryKey: ["portraits", piece_id, piece.details.image_portrait],
    queryFn: ({ signal }) => client.listPortraits({ world_id, piece_id }, { signal }),
    staleTime: 0,
  });
  const restoring = useMutation({
    async mutationFn(version: number) {
      await client.restorePortrait({ world_id, piece_id, version });
      await refresh();
      onClose();
    },
  });
  const earlier = list.data?.portraits.filter(({ is_current }) => !is_current);

  return (
    <Dialog title={`Earlier portraits of ${name}`} wide onClose={onClose}>
      <p className={text.muted}>
        A portrait that was replaced is kept for 24 hours. What is shown now stays one of them when
        you bring another back.
      </p>
      {list.isError && <LoadError error={list.error} onRetry={() => list.refetch()} />}
      {restoring.isError && <ErrorMessage error={restoring.error} />}
      {list.isPending && <p className={text.muted}>Loading…</p>}
      {earlier?.length === 0 && <p>There is none at the moment.</p>}
      {earlier && earlier.length > 0 && (
        <ul className={styles.portraits}>
          {earlier.map(({ version, url, variants, erased_after }, index) => (
            <li key={version}>
              <Picture
                className={portrait.face}
                src={url}
                srcSet={srcSet({ details: { image_portrait_variants: variants } })}
                sizes="10rem"
                alt={`Earlier portrait ${index + 1} of ${name}`}
              />
              {erased_after && (
                <p className={text.hint}>
                  {replacedAgo(erased_after)}, kept until {formatDate(erased_after)}
                </p>
              )}
              <Button
                size="small"
                aria-disabled={restoring.isPending}
                onClick={() => !restoring.isPending && restoring.mutate(version)}
              >
                Bring back
                <span className={text.visuallyHidden}> earlier portrait {index + 1}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
