import { type ErrorCode, KeepsakeError } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import { formatTime } from "../ui/format.ts";

/** Texts for people. The API's message is shown for codes that are not listed. */
const texts: Partial<Record<ErrorCode, string>> = {
  "body.malformed": "The server could not read what this page sent. Reload the page and try again.",
  "dataset.control_missing":
    "This layout needs a control image for each image. Set those that are missing, or choose another layout.",
  "dataset.full": "The dataset would have too many images. Remove some, or put these into another.",
  "dataset.not_found": "This dataset no longer exists. Go back to your datasets.",
  "export.not_found": "This export no longer exists. Start a new one.",
  "image.damaged":
    "This picture is damaged or incomplete. Open it on your device, save it again, and upload the new file.",
  "image.in_use":
    "A character's portrait is made from this picture, or it is the picture of a world: give them another one first. Or it is in a dataset: remove it there first.",
  "image.mislabelled":
    "This file is not in the format that its name says. Save it again and upload the new file.",
  "image.not_found": "This image no longer exists. Choose another.",
  "image.not_published": "This picture is not ready yet, or was rejected. Choose another.",
  "image.too_complex":
    "This picture takes too long to decode. Save it smaller or simpler and upload the new file.",
  "image.too_large": "This picture is too large. Use one of at most 20 MB.",
  "image.unsupported": "This file is not a supported picture. Use PNG, JPEG, WebP, AVIF or GIF.",
  "item.not_found":
    "A picture of this change is no longer in the dataset. This is the order that is stored: make the change again.",
  "owner.full": "Your pictures take up all of your space. Delete some, then try again.",
  "piece.not_found": "This character no longer exists. Reload the page.",
  "portrait.late": "The portraits are not ready yet. Open the world again in a minute.",
  "reference.unsupported":
    "This painter cannot use a reference image. Remove it and generate again.",
  "request.too_large": "This is too much to send at once. Remove a character and try again.",
  "server.failed": "Something went wrong on our side. Nothing of yours is lost. Try again.",
  "service.unavailable": "Keepsake does not answer right now. Check your connection and try again.",
  "token.refused": "Your session ended. Sign in again.",
  "upload.altered": "The file changed while it was being sent. Choose it again.",
  "upload.expired": "The upload took too long and has expired. Try again.",
  "upload.not_received": "The picture did not arrive. Try again.",
  "upload.refused": "The storage rejected this file. Try again.",
  "upload.too_many": "Too many uploads are unfinished. Wait until some finish, then try again.",
  "world.not_found": "This world no longer exists. Go back to your worlds.",
};

/** One or two sentences: what happened, and what to do next. */
export function errorText(error: unknown): string {
  if (error instanceof KeepsakeError)
    return error.code === "generation.too_many"
      ? tooManyText(error)
      : (texts[error.code] ?? error.message);
  return "Something went wrong on this page. Try again. If it happens again, reload the page.";
}

function tooManyText({ details, retryAfterSeconds = 0 }: KeepsakeError): string {
  const { limit = limits.generated_characters_per_hour, next_at } = (details ?? {}) as {
    limit?: number;
    next_at?: string;
  };
  const next = next_at ? Date.parse(next_at) : Date.now() + retryAfterSeconds * 1_000;
  return `You've used this hour's ${limit} characters. More at ${formatTime(next)}.`;
}
