import type { CharacterText, PortraitRequest } from "@keepsake/core/ports";
import { singleLine } from "./singleLine.ts";

/** What an image model is asked for: under 1,000 characters, the limit of some models. */
export function portraitPrompt(
  { description, details }: CharacterText,
  { theme, reference }: PortraitRequest,
) {
  const { traits, appearance } = details;
  const looks = typeof appearance === "string" ? appearance : description;
  return [
    reference
      ? "A head-and-shoulders portrait of the one in the picture, as this character, still recognisable."
      : "A head-and-shoulders portrait of one character who faces the viewer.",
    `Appearance: ${singleLine(looks, 500)}`,
    `Character: ${singleLine(traits.join(", "), 100)}`,
    `World: ${singleLine(theme, 100)}`,
    "The picture fills the square to its edges. No text, no letters, no frame, no watermark.",
  ].join("\n");
}
