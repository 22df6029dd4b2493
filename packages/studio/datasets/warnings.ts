import type { DatasetWarning } from "@keepsake/contract/api/datasets";
import { pluralize } from "../ui/format.ts";

/** What a warning means, and why it matters, in a sentence. */
export function warningText({ code, count }: DatasetWarning): string {
  const images = pluralize(count, "image");
  switch (code) {
    case "few_images":
      return `Only ${images}: most trainers want at least 10.`;
    case "small_images":
      return `${images} under 512 px on a side: trainers enlarge ${them(count)}, and the model learns the blur.`;
    case "duplicate_images":
      return `${images} ${are(count)} the same file as another: the model sees ${them(count)} more often.`;
    case "captions_missing":
      return `${images} without a caption: the model cannot tell what is in ${them(count)}.`;
    case "different_proportions":
      return `${images} with other proportions than the control image: one of both will be cropped or stretched.`;
    default:
      return `${code}: ${images}.`; // a page may be older than the API
  }
}

const are = (count: number) => (count === 1 ? "is" : "are");

const them = (count: number) => (count === 1 ? "it" : "them");
