import { hostname } from "node:os";
import { createServiceKey, isLiveServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import type { Sql } from "postgres";

/**
 * The service key of this machine's system: that of an earlier run while it is live, otherwise a new one in
 * place of earlier ones of this machine.
 */
export async function keepServiceKey(sql: Sql, previous: string | undefined): Promise<string> {
  if (previous !== undefined && (await isLiveServiceKey(sql, previous))) return previous;
  const name = `npm start on ${hostname()}`.slice(0, 100);
  const created = await createServiceKey(sql, name, { replace: true });
  if (created === undefined)
    throw new Error(
      "There are as many live service keys as may be: revoke one with npm run keys -- revoke ID",
    );
  return created;
}
