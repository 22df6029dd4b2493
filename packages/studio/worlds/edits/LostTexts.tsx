import { useMemo, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import styles from "./LostTexts.module.css";
import { storeEdit, subjectsOf, subscribeToEdits } from "./storedEdits.ts";

type Props = {
  world_id: string;
  /** The pieces that the world still has; undefined when it was deleted itself. */
  piece_ids?: string[];
};

/** Texts that were typed and not saved when what they belong to was deleted elsewhere. They can be copied. */
export function LostTexts({ world_id, piece_ids }: Props) {
  const { id } = useSession();
  const json = useSyncExternalStore(subscribeToEdits, () =>
    JSON.stringify(lostEdits(id, world_id, piece_ids)),
  );
  const lost = useMemo(() => JSON.parse(json) as ReturnType<typeof lostEdits>, [json]);
  if (lost.length === 0) return null;
  return (
    <section className={styles.texts} aria-labelledby="lost-texts">
      <h2 id="lost-texts">You wrote this and had not saved it</h2>
      <ul>
        {lost.map(({ subject, field, value }) => (
          <li key={`${subject.of} ${field}`}>
            <p dir="auto">{value}</p>
            <CopyButton size="small" value={value} label="Copy text" />
          </li>
        ))}
      </ul>
      <Button
        onClick={() => {
          document.querySelector("h1")?.focus(); // this button goes
          for (const { subject, field } of lost) storeEdit(subject, field, undefined);
        }}
      >
        Discard
      </Button>
    </section>
  );
}

/** A generated text is not among them. */
const lostEdits = (owner: string, world_id: string, piece_ids: string[] | undefined) =>
  subjectsOf(owner, world_id).flatMap(([subject, edits]) => {
    const isOfPiece = /^[\da-f-]{36}$/.test(subject.of);
    const isGenerated = / (proposal|attempt)$/.test(subject.of);
    if (isGenerated || (piece_ids && (!isOfPiece || piece_ids.includes(subject.of)))) return [];
    return Object.entries(edits).flatMap(([field, { value }]) =>
      value?.trim() ? [{ subject, field, value }] : [],
    );
  });
