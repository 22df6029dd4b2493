import { limits } from "@keepsake/contract/limits";
import { type FormEvent, useState } from "react";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import { CircleStop, ImagePlus, WandSparkles, X } from "../ui/icons.tsx";
import { editForm } from "./changeDrafts.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./GenerateForm.module.css";

const suggestions = ["Fantasy", "Norse", "Cyberpunk", "Steampunk", "Post-apocalyptic"];
const counts = Array.from({ length: limits.characters_per_request }, (_, index) => index + 1);

/** Theme, prompt, count and reference image of the characters to generate. What is typed is stored. */
export function GenerateForm() {
  const { form, drafts, generation, change, generate, stop } = useDrafts();
  const { theme, prompt, count } = form;
  const { settings } = useSession();
  const reference = settings.no_references ? undefined : form.reference;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (generation) return;
    generate({
      theme: theme.trim(),
      count,
      ...(prompt.trim() && { prompt: prompt.trim() }),
      ...(reference && { reference_image_id: reference.image_id }),
    });
  };

  return (
    <form className={classes(card.card, styles.form)} onSubmit={submit}>
      <div className={styles.theme}>
        <Field label="Theme">
          <input
            dir="auto"
            value={theme}
            onChange={({ target }) => change(editForm({ theme: target.value }))}
            required
            pattern=".*\S.*"
            maxLength={limits.theme_chars}
            placeholder="Pick one below, or type your own"
          />
        </Field>
        <ul className={styles.suggestions} aria-label="Suggested themes">
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <Button
                size="small"
                aria-pressed={theme === suggestion}
                onClick={() => change(editForm({ theme: suggestion }))}
              >
                {suggestion}
              </Button>
            </li>
          ))}
        </ul>
      </div>
      <Field label="What should they be like?" hint="Optional">
        <input
          dir="auto"
          value={prompt}
          onChange={({ target }) => change(editForm({ prompt: target.value }))}
          maxLength={limits.prompt_chars}
          placeholder="Rivals who share a secret"
        />
      </Field>
      <Field label="How many">
        <select
          value={count}
          onChange={({ target }) => change(editForm({ count: Number(target.value) }))}
        >
          {counts.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </Field>
      <div className={styles.actions}>
        {!settings.no_references && <Reference />}
        <div className={styles.buttons}>
          {generation && (
            <Button onClick={stop}>
              <CircleStop aria-hidden size={18} /> Stop
            </Button>
          )}
          {/* not `disabled`, which would take the focus away */}
          <Button
            type="submit"
            variant="primary"
            className={styles.submit}
            aria-disabled={generation !== undefined}
          >
            <WandSparkles aria-hidden size={18} />
            {generation ? "Generating…" : drafts.length > 0 ? "Generate again" : "Generate"}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** The image that portraits are made from, or the button that chooses one. */
function Reference() {
  const { form, change } = useDrafts();
  const { reference } = form;
  const [isPicking, setIsPicking] = useState(false);
  return (
    <>
      {reference ? (
        <span className={styles.reference}>
          <img src={reference.url!} alt="" />
          <span>
            Reference: <bdi>{reference.filename ?? "your image"}</bdi>
          </span>
          <Button
            variant="quiet"
            size="small"
            shape="icon"
            aria-label="Remove the reference image"
            onClick={() => change(editForm({ reference: undefined }))}
          >
            <X aria-hidden size={16} />
          </Button>
        </span>
      ) : (
        <Button variant="quiet" onClick={() => setIsPicking(true)}>
          <ImagePlus aria-hidden size={18} /> Use one of my images as a reference
        </Button>
      )}
      {isPicking && (
        <ImagePicker
          title="Choose a reference image"
          onPick={(image) => {
            change(editForm({ reference: image }));
            setIsPicking(false);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </>
  );
}
