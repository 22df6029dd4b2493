import type { ExportLayout } from "@keepsake/contract/exportLayouts";

type Description = { name: string; readBy: string; files: string };

/** What people call a layout, which trainers read it, and what is in it. */
export const layouts: Record<ExportLayout, Description> = {
  pairs: {
    name: "Pictures with text files",
    readBy: "Replicate, fal and ostris/ai-toolkit read it.",
    files: "0001.png + 0001.txt",
  },
  kohya: {
    name: "Kohya folders",
    readBy: "kohya-ss/sd-scripts and its web pages read it, with .txt as the caption extension.",
    files: "10_word person/0001.png + 0001.txt",
  },
  imagefolder: {
    name: "Hugging Face ImageFolder",
    readBy: "Hugging Face datasets reads it, and so do the training scripts of diffusers.",
    files: "train/metadata.jsonl + train/0001.png",
  },
  control: {
    name: "Pairs for edits",
    readBy: "ai-toolkit reads it, to train Kontext and other models that edit pictures.",
    files: "dataset/0001.png + control/0001.png",
  },
};
