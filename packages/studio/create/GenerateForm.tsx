import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { CircleStop, ImagePlus, WandSparkles, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ImagePicker } from "../images/ImagePicker.tsx";
import { useDrafts } from "./DraftsProvider.tsx";

const suggestions = ["Fantasy", "Norse", "Cyberpunk", "Steampunk", "Post-apocalyptic"];
const counts = Array.from({ length: limits.characters_per_request }, (_, index) => index + 1);

/** What characters to ask for. */
export function GenerateForm() {
  const { theme: before, drafts, isGenerating, generate, stop } = useDrafts();
  const [typed, setTheme] = useState<string>();
  const theme = typed ?? before; // which an earlier visit may bring back
  const [count, setCount] = useState(3);
  const [reference, setReference] = useState<Image>();
  const [picking, setPicking] = useState(false);

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
    <form className="generate card" onSubmit={submit}>
      <div className="generate-theme">
        <label className="field">
          Theme
          <input
            value={theme}
            onChange={({ target }) => setTheme(target.value)}
            required
            pattern=".*\S.*"
            maxLength={limits.theme_chars}
            placeholder="Pick one below, or type your own"
          />
        </label>
        <ul className="generate-chips" aria-label="Suggested themes">
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <button
                type="button"
                className="button small"
                aria-pressed={theme === suggestion}
                onClick={() => setTheme(suggestion)}
              >
                {suggestion}
              </button>
            </li>
          ))}
        </ul>
      </div>
      <label className="field generate-prompt">
        <span>
          What should they be like? <span className="hint">Optional</span>
        </span>
        <input
          name="prompt"
          maxLength={limits.prompt_chars}
          placeholder="Rivals who share a secret"
        />
      </label>
      <label className="field">
        How many
        <select value={count} onChange={({ target }) => setCount(Number(target.value))}>
          {counts.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </label>
      <div className="generate-actions">
        {reference ? (
          <span className="generate-reference">
            <img src={reference.url!} alt="" />
            <span>Painted after {reference.filename ?? "your image"}</span>
            <button
              type="button"
              className="button icon small quiet"
              aria-label="Paint without a reference"
              onClick={() => setReference(undefined)}
            >
              <X aria-hidden size={16} />
            </button>
          </span>
        ) : (
          <button type="button" className="button quiet" onClick={() => setPicking(true)}>
            <ImagePlus aria-hidden size={18} /> Paint after one of my images
          </button>
        )}
        <div className="generate-go">
          {isGenerating && (
            <button type="button" className="button" onClick={stop}>
              <CircleStop aria-hidden size={18} /> Stop
            </button>
          )}
          {/* not `disabled`, which would take the focus from who pressed it */}
          <button type="submit" className="button primary" aria-disabled={isGenerating}>
            <WandSparkles aria-hidden size={18} />
            {isGenerating ? "Generating…" : drafts.length > 0 ? "Generate again" : "Generate"}
          </button>
        </div>
      </div>
      {picking && (
        <ImagePicker
          title="Paint after which image?"
          onPick={(image) => {
            setReference(image);
            setPicking(false);
          }}
          onClose={() => setPicking(false)}
        />
      )}
    </form>
  );
}
