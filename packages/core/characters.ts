import { randomUUID } from "node:crypto";
import type { Input, Output } from "@keepsake/contract/api";
import type { Services } from "./ports.ts";

/** Generates characters, portraits painted side by side. Nothing is stored: there is no world yet. */
export async function generate(
  { storyteller, painter }: Pick<Services, "storyteller" | "painter">,
  { theme, count, prompt, seed = randomUUID() }: Input<"generateCharacters">,
): Promise<Output<"generateCharacters">> {
  const request = { theme, count, ...(prompt && { prompt }), seed: String(seed) };
  const sheets = await storyteller.tell(request);
  const characters = await Promise.all(
    sheets.map(async (sheet) => {
      const portrait = Buffer.from(await painter.paint(sheet, request));
      const image_portrait_base64 = portrait.toString("base64");
      return {
        type: "character" as const,
        ...sheet,
        details: { image_portrait_base64, ...sheet.details },
      };
    }),
  );
  return { characters };
}
