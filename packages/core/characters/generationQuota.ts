import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { newId } from "../newId.ts";
import type { Services } from "../ports.ts";
import * as rows from "./generations.sql.ts";

/** Counts characters against the owner's hourly quota; `generation.too_many` when it has no room. */
export async function countGeneration(
  { sql }: Pick<Services, "sql">,
  owner_id: string,
  characters: number,
): Promise<void> {
  const perHour = limits.generated_characters_per_hour;
  const generation = { generation_id: newId(), owner_id, characters };
  if (await sql.begin((tx) => rows.insertWithin(tx, generation, perHour))) return;
  const { used, seconds } = await rows.usedThisHour(sql, owner_id);
  const left = Math.max(0, perHour - used);
  const minutes = Math.ceil(seconds / 60);
  const wait = minutes === 1 ? "a minute" : `${minutes} minutes`;
  throw new AppError(
    "generation.too_many",
    left > 0
      ? `Of this hour's ${perHour} characters you have ${left} left: generate fewer, or wait ${wait}`
      : `You have used this hour's ${perHour} characters: more are possible in ${wait}`,
    {
      details: {
        limit: perHour,
        left,
        next_at: new Date(Date.now() + seconds * 1_000).toISOString(),
      },
      retryAfterSeconds: seconds,
    },
  );
}
