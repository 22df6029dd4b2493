import { KeepsakeError } from "@keepsake/client";
import type { Piece, World } from "@keepsake/contract/schemas";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { CharacterText, CharacterTextSkeleton } from "../../characters/CharacterText.tsx";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import card from "../../ui/card.module.css";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field } from "../../ui/Field.tsx";
import { WandSparkles } from "../../ui/icons.tsx";
import { isGone } from "../isGone.ts";
import styles from "./NewText.module.css";
import { newTextRequest } from "./newTextRequest.ts";
import { callersDetails, type PieceText } from "./pieceTexts.ts";
import { storedPiece } from "./sendPieceTexts.ts";
import { useProposal } from "./useProposal.ts";

type Props = { world: World; piece: Piece; refresh(): Promise<void>; onClose(): void };

/** Generates another text for a character and shows it beside the present one, which stays until the new one is taken. */
export function NewText({ world, piece, refresh, onClose }: Props) {
  const { client } = useSession();
  const { world_id } = world;
  const { piece_id, name } = piece;
  const { proposal, propose, wish, setWish } = useProposal(world_id, piece_id);
  const [keepsName, setKeepsName] = useState(false);

  const generation = useMutation({
    async mutationFn() {
      for await (const event of client.streamCharacters(newTextRequest(world, piece, wish))) {
        if (event.type !== "character") continue;
        const { name, description, details } = event.character;
        // leaving the loop disconnects: no portrait is generated
        return propose({ name, description, details });
      }
      throw new KeepsakeError("generation.failed", "No text was generated. Try again.");
    },
  });
  const taking = useMutation({
    async mutationFn({ name, description, details }: PieceText) {
      const stored = await storedPiece(client, world_id, piece_id);
      await client.updatePiece({
        world_id,
        piece_id,
        ...(!keepsName && { name }),
        description,
        // details that the generator does not know stay
        details: { ...callersDetails(stored.details), ...callersDetails(details) },
      });
      propose(undefined);
      setWish("");
      await refresh();
      onClose();
    },
    onError: (error) => isGone(error) && refresh(),
  });

  const isBusy = generation.isPending || taking.isPending;
  return (
    <Dialog
      title={`A new text for ${name}`}
      wide
      onClose={onClose}
      actions={
        proposal && (
          <>
            <Button
              onClick={() => {
                propose(undefined);
                onClose();
              }}
            >
              Keep the old text
            </Button>
            <Button
              variant="primary"
              aria-disabled={isBusy}
              onClick={() => !isBusy && taking.mutate(proposal)}
            >
              {taking.isPending ? "Saving…" : "Use the new text"}
            </Button>
          </>
        )
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) generation.mutate();
        }}
      >
        <Field label="What should change?" hint="Optional">
          <input
            value={wish}
            onChange={({ target }) => setWish(target.value)}
            dir="auto"
            maxLength={300}
            placeholder="Older, and less sure of herself"
          />
        </Field>
        <Button type="submit" aria-disabled={isBusy}>
          <WandSparkles aria-hidden size={16} />
          {generation.isPending ? "Writing…" : proposal ? "Write another" : "Write a new text"}
        </Button>
      </form>
      {generation.isError && <ErrorMessage error={generation.error} />}
      {taking.isError && <ErrorMessage error={taking.error} />}
      <div className={styles.texts} aria-busy={generation.isPending}>
        <section className={card.card} aria-label="The text now">
          <h3 className={styles.which}>Now</h3>
          <CharacterText {...piece} />
        </section>
        {(proposal || generation.isPending) && (
          <section className={card.card} aria-label="The new text">
            <h3 className={styles.which}>New</h3>
            {generation.isPending || !proposal ? (
              <CharacterTextSkeleton />
            ) : (
              <CharacterText {...proposal} />
            )}
          </section>
        )}
      </div>
      {proposal && proposal.name !== name && (
        <label className={styles.name}>
          <input
            type="checkbox"
            checked={keepsName}
            onChange={({ target }) => setKeepsName(target.checked)}
          />
          <span>
            Keep the name <bdi>{name}</bdi>
          </span>
        </label>
      )}
    </Dialog>
  );
}
