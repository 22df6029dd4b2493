import type { Image } from "@keepsake/contract/schemas";
import type { ReactNode } from "react";
import { formatBytes, formatDate } from "../../ui/format.ts";
import { platformName } from "../imageNames.ts";

/** The properties of an image by their names; null where there is none. */
export function imageFacts(image: Image): Record<string, ReactNode> {
  const { content_type, width, height, bytes, status, error, visibility, platform } = image;
  return {
    Status: states[status],
    Reason: error,
    Dimensions: width && `${numbers.format(width)} × ${numbers.format(height ?? 0)} px`,
    Format: content_type && formatOf(content_type),
    "File size": bytes && formatBytes(bytes),
    "Its file": status === "published" ? fileStates(image) : null,
    Source: platformName(platform),
    Added: formatDate(image.created_at),
    Visibility: visibilities[visibility],
  };
}

/** What was done to the file before it was published. */
function fileStates({ rewritten, warnings }: Pick<Image, "rewritten" | "warnings">): ReactNode {
  const sentences = [
    rewritten === true && "Encoded anew, without its hidden data: its bytes differ from yours",
    rewritten === false && "As you sent it, without hidden data such as the place and the camera",
    warnings.includes("animation_dropped") &&
      "Only its first frame was kept: the animation is gone",
  ].filter((sentence) => sentence !== false);
  return sentences.length > 0 ? `${sentences.join(". ")}.` : null;
}

/** `image/png` → `PNG`. */
const formatOf = (content_type: string) => content_type.replace("image/", "").toUpperCase();

const states = {
  published: null, // not shown
  pending: "Being fetched",
  rejected: "Rejected",
  failed: "Could not be fetched",
};

const visibilities = {
  public: "Public: everyone who knows its address sees it",
  private: "Private: only you see it",
};

const numbers = new Intl.NumberFormat("en");
