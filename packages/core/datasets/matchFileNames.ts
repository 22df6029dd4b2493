import { displayName } from "../images/filename.ts";

type Line = { line: number; file_name: string };
type Image = { image_id: string; filename: string | null };

/**
 * Which image each line of a `metadata.jsonl` means, by its `line`. Names are compared whole, then without folders,
 * then without the extension, which is another one after an image was converted. Each time those that are left are
 * compared, and a name counts when one image has it and the lines with it name one file. The lines that mean no image
 * are `ambiguous` when an image has such a name, or not in the dataset.
 */
export function matchFileNames<Sent extends Line>(lines: Sent[], images: Image[]) {
  const matched = new Map<number, string>();
  const taken = new Set<string>();
  for (const nameOf of [whole, withoutFolder, withoutExtension]) {
    const imagesByName = grouped(
      images.filter(({ image_id, filename }) => filename !== null && !taken.has(image_id)),
      ({ filename }) => nameOf(filename!),
    );
    const linesByName = grouped(
      lines.filter(({ line }) => !matched.has(line)),
      ({ file_name }) => nameOf(file_name),
    );
    for (const [name, sent] of linesByName) {
      const [image, ...others] = imagesByName.get(name) ?? [];
      const files = new Set(sent.map(({ file_name }) => file_name));
      if (!image || others.length > 0 || files.size > 1) continue;
      taken.add(image.image_id);
      for (const { line } of sent) matched.set(line, image.image_id);
    }
  }

  const known = new Set(
    images.flatMap(({ filename }) => (filename === null ? [] : [withoutExtension(filename)])),
  );
  return lines.map((sent) => ({
    ...sent,
    image_id: matched.get(sent.line),
    isAmbiguous: known.has(withoutExtension(sent.file_name)),
  }));
}

const whole = (name: string) => name;
/** As the names of images are stored. */
const withoutFolder = (name: string) => displayName(name) ?? "";
const withoutExtension = (name: string) => withoutFolder(name).replace(/(?<=.)\.[^.]*$/, "");

function grouped<Item>(items: Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
