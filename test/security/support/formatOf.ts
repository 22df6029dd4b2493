/** The format that the first bytes of a file look like, for the table in docs/security.md. */
export function formatOf(bytes: Buffer): string {
  const start = bytes.toString("latin1", 0, 40);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (start.startsWith("\xff\xd8\xff")) return "JPEG";
  if (/^RIFF.{4}WEBP/s.test(start)) return "WebP";
  if (start.startsWith("GIF8")) return "GIF";
  return start.slice(4, 8) === "ftyp" && /avi[fs]/.test(start) ? "AVIF" : "other";
}
