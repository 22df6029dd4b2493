import { AppError, type ErrorCode } from "@keepsake/contract/errors";

/** Texts for people. The API's message is shown for codes that are not listed. */
const texts: Partial<Record<ErrorCode, string>> = {
  "body.malformed": "This page sent something the server could not read. Reload and try again.",
  "image.bad_dimensions":
    "This picture is too small or too large: between 16 and 12,000 pixels a side, please.",
  "image.damaged":
    "This picture is damaged or cut off. Open it on your device, save it again, and try that.",
  "image.in_use":
    "A character's portrait is being made from this picture right now. Try again in a moment.",
  "image.mislabelled":
    "This file is not the kind of picture its name says. Save it again and try that.",
  "image.not_published": "This picture is not ready yet, or was refused. Choose another.",
  "image.too_complex": "This picture takes too long to read. Save it smaller or simpler.",
  "image.too_large": "This picture is too large: 20 MB and 40 megapixels at most.",
  "image.unsupported": "This is not a picture that can be kept. Use PNG, JPEG, WebP, AVIF or GIF.",
  "portrait.late": "The portraits are taking their time. Look at the world again in a minute.",
  "request.too_large": "This is more than can be sent at once. Leave something out.",
  "server.failed": "Something broke on our side. Nothing of yours is lost; try again.",
  "service.unavailable": "Keepsake does not answer right now. Check your connection and try again.",
  "token.refused": "Your session ended. Sign in again.",
  "upload.altered": "The file changed while it was being sent. Choose it again.",
  "upload.expired": "Sending took longer than the upload was open. Try again.",
  "upload.not_received": "The picture did not arrive. Try again.",
  "upload.refused": "The store did not take this file. Try again.",
  "upload.too_many": "Many uploads are unfinished. Wait for some of them, then try again.",
};

/** One or two sentences: what happened, and what to do next. */
export function errorText(error: unknown): string {
  if (error instanceof AppError) return texts[error.code] ?? error.message;
  return "Something went wrong on this page. Try again; if it stays, reload.";
}
