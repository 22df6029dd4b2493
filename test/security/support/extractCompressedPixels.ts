/**
 * The coded pixels of a published PNG or JPEG, without its container's other parts: the IDAT chunks, or the
 * scans. They are all in the file that was sent exactly when its pixels were kept. Undefined for a WebP.
 */
export function extractCompressedPixels(bytes: Buffer, type: string): Buffer[] | undefined {
  if (type === "image/png") {
    const start = bytes.indexOf("IDAT", 0, "latin1");
    const end = bytes.lastIndexOf("IEND", undefined, "latin1");
    return [bytes.subarray(start - 4, end - 4)];
  }
  if (type !== "image/jpeg") return undefined;
  const scans = bytes.toString("latin1").match(/\xff\xda.*?(?=\xff[\xc4\xd9-\xfe])/gs);
  return scans?.map((scan) => Buffer.from(scan, "latin1"));
}
