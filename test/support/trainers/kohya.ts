import { type Folder, withoutExtension } from "../exports/unpackZips.ts";

export type KohyaImage = { image: Buffer; caption: string; repeats: number };

type Options = { shuffle_caption?: boolean; keep_tokens?: number };

/**
 * What kohya-ss/sd-scripts (commit 48d368f) trains on with `--train_data_dir` and `--caption_extension .txt`:
 * the folders that begin with a number of repeats (library/config_util.py:607 to 644), the pictures in each of
 * them (library/train_util.py:104, 2847 to 2856), the first line of the caption beside each, or else the
 * folder's class tokens (1946 to 1970, 2068 to 2081), and their tags in another order but the first ones (863
 * to 915; here reversed, not shuffled).
 */
export function readAsKohya(
  unpacked: Folder,
  { shuffle_caption = false, keep_tokens = 0 }: Options = {},
): KohyaImage[] {
  const paths = [...unpacked.keys()].filter((path) => path.split("/").length === 2);
  return paths.flatMap((path) => {
    const [folder, file] = path.split("/") as [string, string];
    const [first, ...others] = folder.split("_");
    const repeats = /^\s*[+-]?\d+\s*$/.test(first!) ? Number(first) : 0; // Python's int()
    if (repeats < 1 || !pictureExtensions.some((extension) => file.endsWith(extension))) return [];
    const classTokens = others.join("_");
    const caption = readCaption(unpacked, path) ?? classTokens;
    const tags = caption.split(",").map((tag) => tag.trim());
    const shuffled = [...tags.slice(0, keep_tokens), ...tags.slice(keep_tokens).toReversed()];
    const trained = shuffle_caption ? shuffled.join(", ") : caption;
    return [{ image: unpacked.get(path)!, caption: trained, repeats }];
  });
}

function readCaption(unpacked: Folder, path: string): string | undefined {
  const file = unpacked.get(`${withoutExtension(path)}.txt`);
  if (!file) return undefined;
  if (file.length === 0) throw new Error(`The caption file of ${path} is empty`); // its assertion
  return file
    .toString("utf8")
    .split(/\r\n|\r|\n/)[0]!
    .trim();
}

const pictureExtensions = [".png", ".jpg", ".jpeg", ".webp", ".bmp"].flatMap((extension) => [
  extension,
  extension.toUpperCase(),
]);
