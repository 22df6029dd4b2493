import { baseName, type Folder, subfolder, withoutExtension } from "../exports/unpackZips.ts";

export type TrainedImage = { image: Buffer; caption: string; control?: Buffer | undefined };

type Config = {
  /** Folders within the one that was unpacked; by default that one itself. */
  folder_path?: string;
  control_path?: string;
  trigger_word?: string;
  default_caption?: string;
};

/**
 * What ostris/ai-toolkit (commit 27a03a9) trains on: pictures of all folders (toolkit/data_loader.py:39, 437 to
 * 450), the caption beside each (toolkit/dataloader_mixins.py:344 to 363), in which the trigger word is put
 * (382 to 436; toolkit/prompt_utils.py:715 to 748), and the control image of the same name in the first
 * extension that exists (dataloader_mixins.py:71, 1087 to 1122).
 */
export function readAsAiToolkit(unpacked: Folder, config: Config = {}): TrainedImage[] {
  const { folder_path, control_path, trigger_word, default_caption } = config;
  const folder = folder_path ? subfolder(unpacked, folder_path) : unpacked;
  const controls = control_path ? subfolder(unpacked, control_path) : new Map<string, Buffer>();
  const paths = [...folder.keys()].filter(isPicture);
  return paths.map((path) => {
    const text = folder.get(`${withoutExtension(path)}.txt`)?.toString("utf8") ?? "";
    const raw = text.trim() === "" ? (default_caption ?? text) : text;
    const tokens = raw.split(",").join(", ");
    const name = withoutExtension(baseName(path));
    const control = pictureExtensions.map((extension) => controls.get(name + extension));
    return {
      image: folder.get(path)!,
      caption: injectTrigger(tokens, trigger_word ?? ""),
      control: control.find(Boolean),
    };
  });
}

function isPicture(path: string) {
  const folders = path.split("/").slice(0, -1);
  if (folders.some((folder) => folder.startsWith(".")) || baseName(path).startsWith("."))
    return false;
  if (folders.at(-1) === "_controls") return false;
  return pictureExtensions.some((extension) => path.toLowerCase().endsWith(extension));
}

const pictureExtensions = [".jpg", ".jpeg", ".png", ".webp"];

/** Also of Replicate's trainer, which contains ai-toolkit. */
export function injectTrigger(caption: string, trigger: string): string {
  const replaced = caption
    .replaceAll("[name]", () => trigger)
    .replaceAll("[trigger]", () => trigger);
  if (trigger.trim() === "" || replaced.includes(trigger)) return replaced;
  return `${trigger} ${replaced}`;
}
