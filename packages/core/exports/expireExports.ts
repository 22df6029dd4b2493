import { endExports } from "../images/endExports.ts";
import type { Services } from "../ports.ts";

/** Ends up to `limit` exports whose time is up, and lists their zips for erasing. Resolves to their number. */
export async function expireExports(
  { sql }: Pick<Services, "sql">,
  limit: number,
): Promise<number> {
  const expired = await sql.begin((tx) =>
    endExports(tx, { expiredLimit: limit }, { status: "expired" }),
  );
  return expired.length;
}
