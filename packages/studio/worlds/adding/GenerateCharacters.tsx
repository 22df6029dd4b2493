import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import characterCard from "../../characters/characterCard.module.css";
import { Button } from "../../ui/Button.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import { Field } from "../../ui/Field.tsx";
import { pluralize } from "../../ui/format.ts";
import { CircleStop, WandSparkles } from "../../ui/icons.tsx";
import { useEdits } from "../edits/useEdits.ts";
import { worldsKey } from "../useWorlds.ts";
import styles from "./GenerateCharacters.module.css";
import { GeneratedCard } from "./GeneratedCard.tsx";
import type { GeneratedCharacters } from "./useGeneratedCharacters.ts";

type Props = {
  world: World;
  generated: GeneratedCharacters;
  refresh(): Promise<void>;
  onClose(): void;
};

const counts = Array.from({ length: limits.characters_per_request }, (_, index) => index + 1);

/** Generates characters with the theme of a world; those that are kept are added to it. */
export function GenerateCharacters({ world, generated, refresh, onClose }: Props) {
  const queries = useQueryClient();
  const { drafts, isGenerating, problem } = generated;
  const typed = useEdits(world.world_id, "generator", { theme: world.theme, prompt: null });
  const theme = typed.field("theme");
  const prompt = typed.field("prompt");
  const [count, setCount] = useState(3);
  const kept = drafts.filter(({ isKept }) => isKept);
  const isWaiting = kept.some(({ isPending }) => isPending);
  const room = limits.pieces_per_world - world.pieces.length;
  const adding = useMutation({
    mutationFn: generated.addKept,
    async onSettled() {
      queries.invalidateQueries({ queryKey: worldsKey });
      await refresh(); // some may have been added before one failed
    },
  });
  const canAdd = kept.length > 0 && kept.length <= room && !isWaiting && !adding.isPending;

  return (
    <div className={styles.generator}>
      <form
        className={classes(card.card, styles.form)}
        aria-label="Generate characters"
        onSubmit={(event) => {
          event.preventDefault();
          if (isGenerating) return;
          const asked = prompt.value?.trim();
          generated.generate({
            theme: theme.value?.trim() || world.theme,
            count,
            ...(asked && { prompt: asked }),
          });
        }}
      >
        <Field label="Theme">
          <input
            value={theme.value ?? ""}
            onChange={({ target }) => theme.change(target.value)}
            dir="auto"
            required
            pattern=".*\S.*"
            maxLength={limits.theme_chars}
          />
        </Field>
        <Field label="What should they be like?" hint="Optional">
          <input
            value={prompt.value ?? ""}
            onChange={({ target }) => prompt.change(target.value)}
            dir="auto"
            maxLength={limits.prompt_chars}
            placeholder="A rival of those who are here"
          />
        </Field>
        <Field label="How many">
          <select value={count} onChange={({ target }) => setCount(Number(target.value))}>
            {counts.map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        </Field>
        <div className={styles.buttons}>
          {isGenerating && (
            <Button onClick={generated.stop}>
              <CircleStop aria-hidden size={18} /> Stop
            </Button>
          )}
          <Button type="submit" aria-disabled={isGenerating}>
            <WandSparkles aria-hidden size={18} />
            {isGenerating ? "Generating…" : drafts.length > 0 ? "Generate more" : "Generate"}
          </Button>
        </div>
      </form>
      {problem !== undefined && <ErrorMessage error={problem} />}
      {drafts.length > 0 && (
        <>
          <ul className={characterCard.cards} aria-label="Generated characters">
            {drafts.map((draft, index) => (
              <li key={draft.key}>
                <GeneratedCard
                  draft={draft}
                  number={index + 1}
                  onKeep={(isKept) => generated.keep(draft.key, isKept)}
                />
              </li>
            ))}
          </ul>
          {adding.isError && <ErrorMessage error={adding.error} />}
          <div className={styles.buttons}>
            <p role="status">{hintOf(kept.length, room, isWaiting)}</p>
            <Button
              onClick={() => {
                generated.discard();
                onClose();
              }}
            >
              Discard the rest
            </Button>
            <Button
              variant="primary"
              aria-disabled={!canAdd}
              onClick={() => canAdd && adding.mutate()}
            >
              {adding.isPending ? "Adding…" : "Add to the world"}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function hintOf(kept: number, room: number, isWaiting: boolean): string {
  if (kept === 0) return "Keep those you like, then add them.";
  if (kept > room) return `There is room for ${pluralize(room, "more piece")}.`;
  return isWaiting ? "Wait for the portraits of those you keep." : `${kept} kept.`;
}
