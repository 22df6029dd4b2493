import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import type { Services } from "../ports.ts";
import * as rows from "./generations.sql.ts";

/** Counts characters against the owner's hourly quota; `generation.too_many` when it has no room. */
export async function countGeneration(
  { sql }: Pick<Services, "sql">,
  owner_id: string,
  characters: number,
): Promise<void> {
  const perHour = limits.generated_characters_per_hour;
  const generation = { generation_id: uuidv7(), owner_id, characters };
  if (await sql.begin((tx) => rows.insertWithin(tx, generation, perHour))) return;
  throw new AppError(
    "generation.too_many",
    `At most ${perHour} characters are generated for you in an hour: try again later`,
    { retryAfterSeconds: await rows.secondsUntilRoom(sql, owner_id) },
  );
}
