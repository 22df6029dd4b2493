import type { Mutant } from "./mutant.ts";

const png = "packages/core/imaging/formats/png.ts";
const stripPng = "packages/core/imaging/formats/stripPng.ts";
const base64 = "packages/core/imaging/base64.ts";

/** What counts as an image, and as one that holds only picture data. */
export const imaging: Mutant[] = [
  {
    name: "a chunk's CRC is not compared",
    file: stripPng,
    find: "if (!chunks?.every(hasRightCrc)) return undefined;",
    replace: "if (!chunks) return undefined;",
  },
  {
    name: "bytes after IEND are kept",
    file: stripPng,
    find: "const stripped = size === bytes.length ? bytes : Buffer.concat(parts);",
    replace: "const stripped = Buffer.concat([...parts, bytes.subarray(size)]);",
  },
  {
    name: "bytes after the pixels' zlib stream are kept",
    file: png,
    find: "return inflated === expected && inflate.bytesWritten === packed.length;",
    replace: "return inflated === expected;",
  },
  {
    name: "rows after the last one are kept",
    file: png,
    find: "      if (inflated > expected) return false;\n",
    replace: "      if (inflated > expected) return true;\n",
  },
  {
    name: "missing rows are accepted",
    file: png,
    find: "return inflated === expected && inflate.bytesWritten === packed.length;",
    replace: "return inflated <= expected && inflate.bytesWritten === packed.length;",
  },
  {
    name: "a filter type that does not exist is accepted",
    file: png,
    find: "if (part[row - inflated]! > lastFilter) return false;",
    replace: "if (part[row - inflated]! > 255) return false;",
  },
  {
    name: "a critical chunk of an unknown type is dropped",
    file: stripPng,
    find: "return (type.charCodeAt(0) & 0x20) !== 0;",
    replace: "return true;",
  },
  {
    name: "a text chunk of a PNG is kept",
    by: "test/core/formats/stripPng.test.ts > without any other chunk",
    file: "packages/core/imaging/formats/stripPng.ts",
    find: "return [first, ...srgb, ...pixels, last];",
    replace: 'return [first, ...rest.filter(({ type }) => type !== "prIv"), last];',
  },
  {
    name: "a PNG that another decoder shows rotated keeps its pixels",
    by: "test/core/formats/stripPng.test.ts > or rotated",
    file: "packages/core/imaging/formats/stripPng.ts",
    find: "eXIf: (data) => exifOrientation(data) === 1,",
    replace: "eXIf: () => true,",
  },
  {
    name: "the orientation of a JPEG is lost",
    by: "test/core/formats/stripJpeg.test.ts > stays rotated",
    file: "packages/core/imaging/formats/jpegMetadata.ts",
    find: "if (orientation > 1)",
    replace: "if (orientation > 8)",
  },
  {
    name: "a rotated JPEG has the size of its file",
    by: "test/api/variants.test.ts > upright where the image is stored rotated",
    file: "packages/core/imaging/formats/stripJpeg.ts",
    find: "orientation > 4 ? [frame.height, frame.width]",
    replace: "orientation > 8 ? [frame.height, frame.width]",
  },
  {
    name: "marks of other formats are not looked for in a picture that keeps its pixels",
    by: "test/core/losslessPictures.test.ts > looks like an archive",
    file: "packages/core/imaging/keptPicture.ts",
    find: "  if (!kept || foreignMark(kept.bytes) !== undefined) return undefined;\n",
    replace: "  if (!kept) return undefined;\n",
  },
  {
    name: "the orientation of what is encoded anew is lost",
    by: "test/core/losslessPictures.test.ts > the orientation in which they are shown",
    file: "packages/adapters/decoder/child/decode.cjs",
    find: "const upright = animated ? opened : opened.autoOrient();",
    replace: "const upright = opened;",
  },
  {
    name: "colours of a JPEG that is encoded anew are halved",
    by: "test/core/losslessPictures.test.ts > 45 dB",
    file: "packages/core/imaging/encodings.ts",
    find: "quality: 97, fullColour: true }",
    replace: "quality: 97 }",
  },
  {
    name: "the gamma of a PNG is lost",
    by: "test/core/secondDecoder.test.ts > gamma linear",
    file: "packages/core/imaging/sanitizeImage.ts",
    find: 'format === "png" ? inStatedColours(bytes) : { bytes }',
    replace: "format === null ? inStatedColours(bytes) : { bytes }",
  },
  {
    name: "the smaller copies lie on their side",
    by: "test/core/losslessPictures.test.ts > upright copies",
    file: "packages/adapters/decoder/child/decode.cjs",
    find: "? opened.autoOrient().resize({ width: widest })",
    replace: "? opened.resize({ width: widest })",
  },
  {
    name: "the frames of a GIF are not counted",
    by: "test/core/formats/animations.test.ts > are read as sharp",
    file: "packages/core/imaging/formats/gif.ts",
    find: "      frames += 1;\n",
    replace: "      frames = 1;\n",
  },
  {
    name: "only one frame of an animation counts as work",
    by: "test/core/formats/animations.test.ts > is within bounds",
    file: "packages/core/imaging/formats/animation.ts",
    find: "frames * width * height <= maxPixels",
    replace: "width * height <= maxPixels",
  },
  {
    name: "a scan of a JPEG is not counted",
    file: "packages/core/imaging/formats/jpeg.ts",
    find: "if (marker === startOfScan) scans += 1;",
    replace: "if (marker === startOfScan) scans += 0;",
  },
  {
    name: "base64 may skip characters",
    file: base64,
    find: "    decodedLength === (base64.length / 4) * 3 - padding &&\n",
    replace: "",
  },
  {
    name: "base64 may have bits after its last byte",
    file: base64,
    find: '    Buffer.from(last, "base64").toString("base64") === last &&\n',
    replace: "",
  },
  {
    name: "base64 may be that of URLs",
    file: base64,
    find: '    !base64.includes("-") &&\n    !base64.includes("_")\n',
    replace: "    true\n",
  },
  {
    name: "base64 may be without padding",
    survives:
      "text of another length decodes to a number of bytes that the next check does not accept",
    file: base64,
    find: "if (base64.length === 0 || base64.length % 4 !== 0) return false;",
    replace: "if (base64.length === 0) return false;",
  },
  {
    name: "the first box of an AVIF may be of any length",
    file: "packages/core/imaging/formats/sniff.ts",
    find: "length <= 2_048 && bytes",
    replace: "bytes",
  },
];
