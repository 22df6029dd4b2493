import { decodeBase64 } from "../imaging/base64.ts";
import { portraitLimits, validateHeader } from "../imaging/validateHeader.ts";

/**
 * The bytes of a portrait that was sent as base64, after its header was checked. Throws
 * `image.not_base64` or what `validateHeader` throws. The rest of the file is not decoded.
 */
export function decodePortraitBase64(base64: string): Buffer {
  const { bytes, label } = decodeBase64(base64);
  validateHeader(bytes, portraitLimits, label);
  return bytes;
}
