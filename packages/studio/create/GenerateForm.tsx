import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { CircleStop, ImagePlus, WandSparkles, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Field } from "../ui/Field.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./GenerateForm.module.css";

const suggestions = ["Fantasy", "Norse", "Cyberpunk", "Steampunk", "Post-apocalyptic"];
const counts = Array.from({ length: limits.characters_per_request }, (_, index) => index + 1);

/** Theme, prompt, count and reference image of the characters to generate. */
export function GenerateForm() {
  const { theme: lastTheme, drafts, isGenerating, generate, stop } = useDrafts();
  const [typed, setTheme] = useState<string>();
  const theme = typed ?? lastTheme; // restored from an earlier visit, maybe after the first render
  const [count, setCount] = useState(3);
  const [reference, setReference] = useState<Image>();
  const [isPicking, setIsPicking] = useState(false);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isGenerating) return;
    const prompt = String(new FormData(event.currentTarget).get("prompt") ?? "").trim();
    generate({
      theme: theme.trim(),
      count,
      ...(prompt && { prompt }),
      ...(reference && { reference_image_id: reference.image_id }),
    });
  };

  return (
    <form className={classes(card.card, styles.form)} onSubmit={submit}>
      <div className={styles.theme}>
        <Field label="Theme">
          <input
            value={theme}
            onChange={({ target }) => setTheme(target.value)}
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
                onClick={() => setTheme(suggestion)}
              >
                {suggestion}
              </Button>
            </li>
          ))}
        </ul>
      </div>
      <Field label="What should they be like?" hint="Optional">
        <input
          name="prompt"
          maxLength={limits.prompt_chars}
          placeholder="Rivals who share a secret"
        />
      </Field>
      <Field label="How many">
        <select value={count} onChange={({ target }) => setCount(Number(target.value))}>
          {counts.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </Field>
      <div className={styles.actions}>
        {reference ? (
          <span className={styles.reference}>
            <img src={reference.url!} alt="" />
            <span>Reference: {reference.filename ?? "your image"}</span>
            <Button
              variant="quiet"
              size="small"
              shape="icon"
              aria-label="Remove the reference image"
              onClick={() => setReference(undefined)}
            >
              <X aria-hidden size={16} />
            </Button>
          </span>
        ) : (
          <Button variant="quiet" onClick={() => setIsPicking(true)}>
            <ImagePlus aria-hidden size={18} /> Use one of my images as a reference
          </Button>
        )}
        <div className={styles.buttons}>
          {isGenerating && (
            <Button onClick={stop}>
              <CircleStop aria-hidden size={18} /> Stop
            </Button>
          )}
          {/* not `disabled`, which would take the focus away */}
          <Button
            type="submit"
            variant="primary"
            className={styles.submit}
            aria-disabled={isGenerating}
          >
            <WandSparkles aria-hidden size={18} />
            {isGenerating ? "Generating…" : drafts.length > 0 ? "Generate again" : "Generate"}
          </Button>
        </div>
      </div>
      {isPicking && (
        <ImagePicker
          title="Choose a reference image"
          onPick={(image) => {
            setReference(image);
            setIsPicking(false);
          }}
          onClose={() => setIsPicking(false)}
        />
      )}
    </form>
  );
}
