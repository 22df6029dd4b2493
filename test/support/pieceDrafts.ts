import type { PieceDraft } from "@keepsake/contract/schemas";
import { png } from "./images.ts";
import type { Owner } from "./stack.ts";

/** A character as a frontend would send it; by default with a PNG as its portrait. */
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

/** A character whose portrait is a PNG without its end. */
export const damagedCharacter = async (name: string) =>
  character(name, (await png()).subarray(0, -20));

export const faction: PieceDraft = {
  type: "faction",
  name: "The Lamplighters",
  description: "They keep the coast lit.",
  details: { banner: "gold" },
};

/** Creates a world of one character, whose portrait is pending. */
export async function pendingPiece({ client }: Owner, portrait?: Buffer) {
  const pieces = [await character("Mira", portrait)];
  const { world } = await client.createWorld({ theme: "fantasy", pieces });
  return { world_id: world.world_id, piece_id: world.pieces[0]!.piece_id };
}
