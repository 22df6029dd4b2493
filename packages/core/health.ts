import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Services } from "./ports.ts";

/** Resolves when the database responds; `service.unavailable` when it does not. */
export async function check({ sql }: Pick<Services, "sql">): Promise<Output<"health">> {
  try {
    await sql`select 1`;
    return { status: "ok" };
  } catch (cause) {
    throw new AppError("service.unavailable", "The database does not answer: try again soon", {
      cause,
    });
  }
}
