import { download } from "@keepsake/adapters/platforms/download";
import { AppError } from "@keepsake/contract/errors";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { FileSource } from "@keepsake/core/ports";
import type { ProductRow } from "./backfill.sql.ts";
import { decodeTolerantly, type TolerantImage } from "./tolerantBase64.ts";

export type PictureSources = {
  discord: FileSource;
  /** URLs of the hosts that the stage allows. */
  url: FileSource;
  /** Telegram's files are fetched from these origins only. */
  telegramOrigins: string[];
};

/** The bytes behind a row's value: decoded, or fetched. */
export async function readPicture(
  sources: PictureSources,
  { kind, value, length }: ProductRow,
  maxBytes: number,
): Promise<TolerantImage> {
  if (kind === "unreadable")
    throw new AppError("image.damaged", "Its JSON holds an escape that Postgres cannot read");
  if (value === null)
    throw new AppError("image.too_large", `The value has ${length} bytes: see --shrink`);
  if (kind === "base64") return decodeTolerantly(value);
  return { bytes: await fetchPicture(sources, { kind, url: value, maxBytes }), notes: [] };
}

/** Fetches what a URL still serves. The URL may hold a token or a signature: it goes into no error. */
async function fetchPicture(
  { discord, url: allowed, telegramOrigins }: PictureSources,
  { kind, url, maxBytes }: { kind: ProductRow["kind"]; url: string; maxBytes: number },
): Promise<Buffer> {
  if (kind === "discord") return discord.download({ url }, maxBytes);
  if (kind === "url") return allowed.download({ url }, maxBytes);

  const what = "Telegram's file";
  const parsed = URL.parse(url);
  if (!parsed || !telegramOrigins.includes(parsed.origin))
    throw new PermanentError("refused", `${what} is not on a Telegram server`);
  const options = { maxBytes, deadlineMs: 20_000, what };
  try {
    return await download(parsed, { ...options, allowedOrigin: parsed.origin });
  } catch (error) {
    // with our own bot a 401 means a wrong setting, so it is retried; this token is part of the URL
    if (error instanceof RetryableError && error.message.endsWith(" 401"))
      throw new PermanentError("gone", `${what} cannot be fetched: its token was revoked`);
    throw error;
  }
}
