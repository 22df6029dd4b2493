import { limits } from "@keepsake/contract/limits";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import { pluralize } from "../ui/format.ts";
import text from "../ui/text.module.css";
import { themeOfWorld } from "./changeCreation.ts";
import { editWorld, keep } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft } from "./draftsDocument.ts";
import { errorOf } from "./storedProblem.ts";
import styles from "./WorldForm.module.css";

/** Title, theme and story of the world, and the button that creates it from the kept characters. */
export function WorldForm() {
  const document = useDrafts();
  const { drafts, title, story, creation, change, createWorld } = document;
  const kept = drafts.filter((draft) => draft.kept);
  const written = drafts.filter(({ character }) => character);
  const isCreating = creation !== undefined && !creation.problem;
  const areAllKept = written.length > 0 && kept.length === written.length;
  const obstacle = obstacleOf(kept);

  return (
    <form
      className={classes(card.card, styles.form)}
      aria-labelledby="world-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isCreating && !obstacle) createWorld();
      }}
    >
      <h2 id="world-form">Their world</h2>
      <div className={styles.short}>
        <Field label="Title">
          <input
            dir="auto"
            value={title}
            onChange={({ target }) => change(editWorld({ title: target.value }))}
            maxLength={limits.title_chars}
            placeholder="Ashfall"
          />
        </Field>
        <Field label="World’s theme" hint="Those of the kept characters, or your own">
          <input
            dir="auto"
            value={themeOfWorld(document)}
            onChange={({ target }) => change(editWorld({ worldTheme: target.value }))}
            required
            pattern=".*\S.*"
            maxLength={limits.theme_chars}
          />
        </Field>
      </div>
      <Field label="Story">
        <textarea
          dir="auto"
          value={story}
          onChange={({ target }) => change(editWorld({ story: target.value }))}
          maxLength={limits.story_chars}
          placeholder="What happened here, and what is about to?"
        />
      </Field>
      {creation?.problem && <ErrorMessage error={errorOf(creation.problem)} />}
      <div className={styles.actions}>
        <p className={text.muted}>{obstacle ?? `${pluralize(kept.length, "character")} kept.`}</p>
        {written.length > 0 && (
          <Button
            onClick={() =>
              change(
                keep(
                  written.map(({ key }) => key),
                  !areAllKept,
                ),
              )
            }
          >
            {areAllKept ? "Keep none" : "Keep all"}
          </Button>
        )}
        {/* only `disabled` where it cannot have the focus */}
        <Button
          type="submit"
          variant="primary"
          disabled={kept.length === 0}
          aria-disabled={isCreating || obstacle !== undefined}
        >
          {isCreating ? "Creating…" : "Create world"}
        </Button>
      </div>
    </form>
  );
}

/** Why the world cannot be created yet. */
function obstacleOf(kept: Draft[]): string | undefined {
  if (kept.length === 0) return "Keep at least one character.";
  if (kept.some(({ portrait }) => portrait.state === "painting"))
    return "Wait until every kept portrait is generated.";
  if (kept.some(({ character }) => !character?.name.trim()))
    return "Give every kept character a name.";
  return undefined;
}
