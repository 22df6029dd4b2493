import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Services } from "../ports.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import { markUnsent } from "./portraits.sql.ts";

/** After the commit: a queue that is down delays portraits until the next sweep, and fails nothing. */
export async function queuePortraits(
  { sql, portraitQueue }: Pick<Services, "sql" | "portraitQueue">,
  messages: PortraitMessage[],
): Promise<void> {
  await sendOrMarkUnsent(portraitQueue, messages, (unsent) => markUnsent(sql, unsent));
}
