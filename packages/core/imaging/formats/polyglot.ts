export type PolyglotFormat = "zip" | "pdf" | "rar" | "7z";

/**
 * The first mark of another format that a file contains where that format's readers look for it; undefined
 * when there is none. They look for a ZIP's end record in the last 65,557 bytes (22 bytes and a comment;
 * APPNOTE 4.3.16), for a PDF's header in the first 1,024 (PDF reference 1.7, appendix H, note 13), and for
 * RAR and 7z anywhere, as self-extracting archives are read.
 */
export function polyglotFormat(bytes: Buffer): PolyglotFormat | undefined {
  if (bytes.subarray(-zipEndBytes).includes(zipEnd)) return "zip";
  if (bytes.subarray(0, pdfHeaderBytes).includes("%PDF-", 0, "latin1")) return "pdf";
  if (bytes.includes(rar)) return "rar";
  if (bytes.includes(sevenZip)) return "7z";
  return undefined;
}

const zipEndBytes = 65_557;
const pdfHeaderBytes = 1_024;
const zipEnd = Buffer.from("PK\x05\x06", "latin1");
const rar = Buffer.from("Rar!\x1a\x07", "latin1");
const sevenZip = Buffer.from("7z\xbc\xaf\x27\x1c", "latin1");
