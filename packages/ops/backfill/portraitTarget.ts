import { download } from "@keepsake/adapters/platforms/download";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import { fitPortrait } from "@keepsake/core/imaging/fitPortrait";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, portraitLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import { decodePortrait } from "@keepsake/core/portraits/decodePortrait";
import type { Decoder, FileSource, PublicBucket, StoredObject } from "@keepsake/core/ports";
import { KeyTakenError, PermanentError, RetryableError } from "@keepsake/core/serviceErrors";
import type { ProductRow } from "./backfill.sql.ts";
import type { KeyIds } from "./keyIds.ts";

export type PortraitServices = {
  images: PublicBucket;
  decoder: Decoder;
  discord: FileSource;
  /** Telegram's files are fetched from these origins only. */
  telegramOrigins: string[];
};

export type StoredPortrait = { row: ProductRow; bytes: number; key: string };

export type FailedPortrait = {
  row: ProductRow;
  outcome: "not_recoverable" | "postponed";
  reason: string;
  /** Set when the failure is not about this row. */
  cause?: Error;
};

/** Puts one portrait into the bucket. Without `ids` for its key it is a dry run: the key is empty. */
export async function publishPortrait(
  services: PortraitServices,
  row: ProductRow,
  ids: KeyIds | undefined,
): Promise<StoredPortrait | FailedPortrait> {
  try {
    const portrait = await preparePortrait(services, row);
    const key = ids ? await putPortrait(services.images, ids, portrait) : "";
    return { row, bytes: portrait.bytes.length, key };
  } catch (error) {
    return { row, ...failureOf(error) };
  }
}

/** The PNG to publish: from the base64 if there is one, processed as any portrait, else from the URL. */
async function preparePortrait(
  services: PortraitServices,
  { base64, base64_length, portrait, kind }: ProductRow,
): Promise<StoredObject> {
  if (kind === "unreadable")
    throw new AppError("image.damaged", "Its JSON holds an escape that Postgres cannot read");
  if (base64_length !== null && base64 === null)
    throw new AppError("image.too_large", `The base64 has ${base64_length} characters`);
  if (base64 !== null)
    return sanitizeImage(services.decoder, decodePortrait(base64), portraitLimits, { as: "png" });
  const bytes = await fetchPortrait(services, kind, portrait ?? "");
  validateHeader(bytes, imageLimits);
  const image = await sanitizeImage(services.decoder, bytes, imageLimits, { as: "png" });
  const { bytes: maxBytes, sidePx } = portraitLimits;
  const fits = image.bytes.length <= maxBytes && Math.max(image.width, image.height) <= sidePx;
  return fits ? image : fitPortrait(services.decoder, image.bytes, portraitLimits);
}

/** Fetches what a platform's URL still serves. The URL may hold a token: it goes into no error. */
async function fetchPortrait(
  { discord, telegramOrigins }: PortraitServices,
  kind: ProductRow["kind"],
  url: string,
): Promise<Buffer> {
  if (kind === "discord") return discord.download({ url }, limits.image_bytes);

  const what = "Telegram's file";
  const parsed = URL.parse(url);
  if (!parsed || !telegramOrigins.includes(parsed.origin))
    throw new PermanentError("refused", `${what} is not on a Telegram server`);
  const options = { maxBytes: limits.image_bytes, deadlineMs: 20_000, what };
  try {
    return await download(parsed, { ...options, allowedOrigin: parsed.origin });
  } catch (error) {
    // with our own bot a 401 means a wrong setting, so it is retried; this token is part of the URL
    if (error instanceof RetryableError && error.message.endsWith(" 401"))
      throw new PermanentError("gone", `${what} cannot be fetched: its token was revoked`);
    throw error;
  }
}

/**
 * Resolves to the key it was put under. When an earlier run stored what the row held before it changed,
 * that key is taken by other bytes, and the next version's is tried.
 */
async function putPortrait(
  images: PublicBucket,
  ids: KeyIds,
  portrait: StoredObject,
): Promise<string> {
  for (let version = 1; ; version += 1) {
    const key = objectKeys.portrait({ ...ids, version });
    try {
      await images.put(key, portrait);
      return key;
    } catch (error) {
      if (!(error instanceof KeyTakenError) || version === maxVersions) throw error;
    }
  }
}

const maxVersions = 9;

/** Separates what can never be recovered from what may succeed later. */
function failureOf(error: unknown): Omit<FailedPortrait, "row"> {
  if (error instanceof AppError || error instanceof PermanentError)
    return { outcome: "not_recoverable", reason: error.message };
  if (error instanceof RetryableError) return { outcome: "postponed", reason: error.message };
  const cause = error instanceof Error ? error : new Error("unknown error");
  return { outcome: "postponed", reason: `The bucket did not accept it: ${cause.message}`, cause };
}
