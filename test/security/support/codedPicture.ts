/**
 * The coded picture of a published PNG or JPEG, without its container's other parts: the IDAT chunks, or
 * all from the first scan on. It is in the file that was sent exactly when its pixels were kept.
 */
export function codedPicture(bytes: Buffer, type: string): Buffer | undefined {
  if (type === "image/png") {
    const start = bytes.indexOf("IDAT", 0, "latin1");
    return bytes.subarray(start - 4, bytes.lastIndexOf("IEND", undefined, "latin1") - 4);
  }
  if (type === "image/jpeg") return bytes.subarray(bytes.indexOf("\xff\xda", 0, "latin1"));
  return undefined;
}
