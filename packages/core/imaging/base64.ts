import { AppError } from "@keepsake/contract/errors";

/**
 * Decodes base64 exactly as RFC 4648 section 4 defines it, with or without a `data:image/…;base64,` prefix.
 * Anything else is `image.not_base64`, because `Buffer.from` silently skips characters it does not know.
 */
export function decodeBase64(text: string): { bytes: Buffer; label: string | undefined } {
  const [prefix = "", label] = /^data:image\/([a-z]{1,8});base64,/.exec(text.slice(0, 32)) ?? [];
  const base64 = prefix ? text.slice(prefix.length) : text;

  const bytes = Buffer.from(base64, "base64");
  if (!isStrict(base64, bytes.length))
    throw new AppError(
      "image.not_base64",
      "Send standard base64: letters, digits, + and /, padded with =, without spaces or line breaks",
    );
  return { bytes, label };
}

/** True when no character was skipped: a skipped one leaves fewer bytes than the length says. */
function isStrict(base64: string, decodedLength: number) {
  if (base64.length === 0 || base64.length % 4 !== 0) return false;
  const last = base64.slice(-4);
  const padding = last.endsWith("==") ? 2 : last.endsWith("=") ? 1 : 0;
  return (
    decodedLength === (base64.length / 4) * 3 - padding &&
    Buffer.from(last, "base64").toString("base64") === last &&
    !base64.includes("-") &&
    !base64.includes("_")
  );
}
