import { KeepsakeError } from "./keepsakeError.ts";

/** The message of such an error. */
export const importFailed = "A part of the page could not be loaded: reload it and try again";

/** Turns the failure of an `import()` into a `KeepsakeError`: the connection failed, or a release replaced the page. */
export function throwImportFailed(cause: unknown): never {
  throw new KeepsakeError("service.unavailable", importFailed, { cause });
}
