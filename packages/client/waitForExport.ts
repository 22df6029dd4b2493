import type { ApiMethods, Export } from "./apiTypes.ts";
import type { WaitOptions } from "./callOptions.ts";
import { KeepsakeError } from "./keepsakeError.ts";
import { pause } from "./pause.ts";

/**
 * Polls an export until it is ready, after half a second at first and every 10 s later. Throws the error of one that
 * failed, and `export.not_found` when its files have been removed again.
 */
export async function waitForExport(
  { getExport }: Pick<ApiMethods, "getExport">,
  export_id: string,
  { timeoutMs = 15 * 60_000, signal }: WaitOptions = {},
): Promise<Export> {
  const deadline = Date.now() + timeoutMs;
  const ended = (...[code, message]: ConstructorParameters<typeof KeepsakeError>) =>
    new KeepsakeError(code, message, { details: { export_id } });
  for (let wait = 500; ; wait = Math.min(wait * 1.5, 10_000)) {
    const { export: current } = await getExport({ export_id }, signal && { signal });
    if (current.status === "ready") return current;
    if (current.error) throw ended(current.error.code, current.error.message);
    if (current.status === "expired")
      throw ended("export.not_found", "The export has expired: export the dataset again");
    if (Date.now() + wait > deadline)
      throw ended("export.late", "The export is still pending: get it again later");
    await pause(wait, signal);
  }
}
