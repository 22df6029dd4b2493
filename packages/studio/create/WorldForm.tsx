import { limits } from "@keepsake/contract/limits";
import { useMutation } from "@tanstack/react-query";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import { pluralize } from "../ui/format.ts";
import text from "../ui/text.module.css";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./WorldForm.module.css";

/** Title and story of the world, and the button that creates it from the kept characters. */
export function WorldForm() {
  const { drafts, title, story, edit, keep, createWorld } = useDrafts();
  const creation = useMutation({ mutationFn: createWorld });
  const kept = drafts.filter((draft) => draft.kept);
  const isGenerating = kept.some(({ portrait }) => portrait.state === "painting");
  const written = drafts.filter(({ character }) => character);

  return (
    <form
      className={classes(card.card, styles.form)}
      aria-labelledby="world-form"
      onSubmit={(event) => {
        event.preventDefault();
        creation.mutate();
      }}
    >
      <h2 id="world-form">Their world</h2>
      <Field label="Title">
        <input
          value={title}
          onChange={({ target }) => edit({ title: target.value })}
          maxLength={limits.title_chars}
          placeholder="Ashfall"
        />
      </Field>
      <Field label="Story">
        <textarea
          value={story}
          onChange={({ target }) => edit({ story: target.value })}
          maxLength={limits.story_chars}
          placeholder="What happened here, and what is about to?"
        />
      </Field>
      {creation.isError && <ErrorMessage error={creation.error} />}
      <div className={styles.actions}>
        <p className={text.muted}>{hint(kept.length, isGenerating)}</p>
        {kept.length < written.length && (
          <Button
            onClick={() =>
              keep(
                written.map(({ key }) => key),
                true,
              )
            }
          >
            Keep all
          </Button>
        )}
        <Button
          type="submit"
          variant="primary"
          disabled={kept.length === 0 || isGenerating || creation.isPending}
        >
          {creation.isPending ? "Creating…" : "Create world"}
        </Button>
      </div>
    </form>
  );
}

function hint(kept: number, isGenerating: boolean) {
  if (kept === 0) return "Keep at least one character.";
  return isGenerating
    ? "Wait until every kept portrait is generated."
    : `${pluralize(kept, "character")} kept.`;
}
