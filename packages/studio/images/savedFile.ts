/** Saves a file as a browser does: a link to another origin would open it, and name it after its address. */
export function saveFile(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** With the extension of what the file is now: a PNG that was sent may be published as another format. */
export function fileName(name: string, content_type: string | null): string {
  const extension = content_type?.replace("image/", "").replace("jpeg", "jpg") ?? "";
  const known = extension === "jpg" ? /\.jpe?g$/i : new RegExp(`\\.${extension}$`, "i");
  return known.test(name) ? name : `${name}.${extension}`;
}
