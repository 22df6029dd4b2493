import { limits } from "@keepsake/contract/limits";
import { uploadTypes } from "@keepsake/contract/uploadTypesAndHeaders";
import { KeepsakeError } from "../keepsakeError.ts";

/** What a file input accepts, as its `accept` attribute says it: every type that Keepsake publishes. */
export const defaultAccept: string = uploadTypes.join(",");

/** The error that the API would answer, found before anything is sent; undefined when the file may be sent. */
export function checkFile({ name, type, size }: File, accept: string): KeepsakeError | undefined {
  const refused = [defaultAccept, accept].find((types) => !isAccepted({ name, type }, types));
  if (refused !== undefined)
    return new KeepsakeError(
      "image.unsupported",
      refused === defaultAccept
        ? "Send a PNG, JPEG, WebP, AVIF or GIF image"
        : `Choose a file of type ${accept}`,
    );
  if (size === 0) return new KeepsakeError("image.damaged", "The file is empty: choose it again");
  if (size > limits.image_bytes)
    return new KeepsakeError(
      "image.too_large",
      `The file is over ${limits.image_bytes / 1e6} MB: make it smaller`,
    );
  return undefined;
}

/** Whether a file input with this `accept` takes the file: `image/png`, `image/*` and `.png` are understood. */
export function isAccepted({ name, type }: Pick<File, "name" | "type">, accept: string): boolean {
  return accept.split(",").some((item) => {
    const pattern = item.trim().toLowerCase();
    if (pattern.startsWith(".")) return name.toLowerCase().endsWith(pattern);
    return pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
  });
}

/** The same file with the type that its name ends with, when the browser knows none: some know no AVIF or WebP. */
export function withType(file: File): File {
  const [, ending = ""] = /\.(\w+)$/.exec(file.name.toLowerCase()) ?? [];
  const type = `image/${ending === "jpg" ? "jpeg" : ending}`;
  const isKnown = (uploadTypes as readonly string[]).includes(type);
  if (file.type || !isKnown) return file;
  return new File([file], file.name, { type, lastModified: file.lastModified });
}
