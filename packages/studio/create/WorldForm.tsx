import { limits } from "@keepsake/contract/limits";
import { useMutation } from "@tanstack/react-query";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { plural } from "../api/errorText.ts";
import { useDrafts } from "./DraftsProvider.tsx";

/** Title, story, and the world of what is kept. */
export function WorldForm() {
  const { drafts, title, story, write, keep, createWorld } = useDrafts();
  const creating = useMutation({ mutationFn: createWorld });
  const kept = drafts.filter((draft) => draft.kept);
  const isPainting = kept.some(({ portrait }) => portrait.state === "painting");
  const ready = drafts.filter(({ character }) => character);

  return (
    <form
      className="world-form card"
      aria-labelledby="world-form"
      onSubmit={(event) => {
        event.preventDefault();
        creating.mutate();
      }}
    >
      <h2 id="world-form">Their world</h2>
      <label className="field">
        Title
        <input
          value={title}
          onChange={({ target }) => write({ title: target.value })}
          maxLength={limits.title_chars}
          placeholder="Ashfall"
        />
      </label>
      <label className="field">
        Story
        <textarea
          value={story}
          onChange={({ target }) => write({ story: target.value })}
          maxLength={limits.story_chars}
          placeholder="What happened here, and what is about to?"
        />
      </label>
      {creating.isError && <ErrorMessage error={creating.error} />}
      <div className="world-form-actions">
        <p className="muted">{hintOf(kept.length, isPainting)}</p>
        {kept.length < ready.length && (
          <button
            type="button"
            className="button"
            onClick={() =>
              keep(
                ready.map(({ key }) => key),
                true,
              )
            }
          >
            Keep all
          </button>
        )}
        <button
          type="submit"
          className="button primary"
          disabled={kept.length === 0 || isPainting || creating.isPending}
        >
          {creating.isPending ? "Creating…" : "Create world"}
        </button>
      </div>
    </form>
  );
}

function hintOf(kept: number, isPainting: boolean) {
  if (kept === 0) return "Keep at least one character.";
  return isPainting ? "A portrait is still being painted." : `With ${plural(kept, "character")}.`;
}
