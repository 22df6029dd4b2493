import type { PieceDraft } from "@keepsake/contract/schemas";
import { png } from "./images.ts";

/** A character as a frontend would send it, with a portrait of its own unless told otherwise. */
export async function character(
  name = "Mira",
  portrait?: Buffer | string,
  details: Record<string, unknown> = { traits: ["Fearless"] },
): Promise<PieceDraft> {
  const image = portrait ?? (await png());
  const image_portrait_base64 = typeof image === "string" ? image : image.toString("base64");
  return {
    type: "character",
    name,
    description: `${name} keeps the lighthouse.`,
    details: { image_portrait_base64, ...details },
  };
}

export const faction: PieceDraft = {
  type: "faction",
  name: "The Lamplighters",
  description: "They keep the coast lit.",
  details: { banner: "gold" },
};
