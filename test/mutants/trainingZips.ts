import type { Mutant } from "./mutant.ts";

const folder = "packages/core/exports";
const layouts = `${folder}/layouts`;
const entries = "test/core/exports/zipEntries.test.ts";
const trainers = "test/core/exports/trainersReadZips.test.ts";
const zips = "test/core/exports/zipChunks.test.ts";
const pictures = "test/core/exports/trainingPicture.test.ts";

/** What trainers read in the zips of a dataset. */
export const trainingZips: Mutant[] = [
  {
    name: "a caption without the trigger word stays without it",
    by: `${entries} > without the trigger word gets it in front`,
    file: `${layouts}/captionWithTrigger.ts`,
    find: "  return hasWord(replaced, triggerWord) ? replaced",
    replace: "  return replaced.length > 0 ? replaced",
  },
  {
    name: "a caption for kohya keeps its lines, of which it reads one",
    by: `${trainers} > sees every image with its repeats`,
    file: `${layouts}/kohya.ts`,
    find: "isOneLine: true, ",
    replace: "",
  },
  {
    name: "an image without a caption has an empty text file",
    by: `${trainers} > sees every image with its repeats`,
    file: `${layouts}/numberedFiles.ts`,
    find: "(text === undefined ? [] : [{ name: `${folder}${numberOf(item)}.txt`, text }])",
    replace: '[{ name: `${folder}${numberOf(item)}.txt`, text: text ?? "" }]',
  },
  {
    name: "metadata has no text where there is no caption",
    by: `${trainers} > sees one type of text in all zips`,
    file: `${layouts}/imagefolder.ts`,
    find: ' ?? trigger_word ?? ""',
    replace: " ?? trigger_word",
  },
  {
    name: "the second zip overwrites the metadata of the first",
    by: `${trainers} > sees every image with its text`,
    file: `${layouts}/imagefolder.ts`,
    find: "fileCount === 1 ?",
    replace: "fileCount > 0 ?",
  },
  {
    name: "the manifests of several zips have one name",
    by: `${entries} > have different names in all zips`,
    file: `${layouts}/pairs.ts`,
    find: "fileCount === 1 ?",
    replace: "fileCount > 0 ?",
  },
  {
    name: "a trigger word names a folder outside the one that is unpacked into",
    by: `${entries} > is safe for the trigger word`,
    file: `${layouts}/safeFolderName.ts`,
    find: 'replace(/[/\\\\:*?"<>|]/g, "-")',
    replace: 'replace(/[:*?"<>|]/g, "-")',
  },
  {
    name: "a zip has other dates in other time zones",
    by: `${zips} > has the same bytes in every time zone`,
    file: `${folder}/zipChunks.ts`,
    find: "new Date(1980, 0, 1)",
    replace: "new Date(Date.UTC(1980, 0, 2))",
  },
  {
    name: "all pictures of a zip are read at once",
    by: `${zips} > are read three at a time`,
    file: `${folder}/readAhead.ts`,
    find: " && reads.length < count",
    replace: "",
  },
  {
    name: "large pictures are read ahead like small ones",
    by: `${zips} > are read one by one where they are large`,
    file: `${folder}/readAhead.ts`,
    find: "bytesAhead + bytes > maxBytes",
    replace: "bytes > Number.MAX_SAFE_INTEGER",
  },
  {
    name: "pictures are still read for a zip that was ended",
    by: `${zips} > are no longer read when the zip is taken no further`,
    file: `${folder}/zipChunks.ts`,
    find: "    ended.abort();\n",
    replace: "",
  },
  {
    name: "a turned JPEG is exported as it is stored",
    by: `${pictures} > is upright`,
    file: `${folder}/trainingPicture.ts`,
    find: "exifOrientationOfJpeg(bytes) !== 1",
    replace: "exifOrientationOfJpeg(bytes) === 9",
  },
  {
    name: "a picture is larger than the size that was asked for",
    by: `${pictures} > has at most`,
    file: `${folder}/trainingPicture.ts`,
    find: "Math.min(size ?? longest, isHalved",
    replace: "Math.min(longest, isHalved",
  },
  {
    name: "a JPEG that is too large to be turned fails its export",
    by: `${pictures} > is half as large`,
    file: `${folder}/trainingPicture.ts`,
    find: "isTurned && width * height > limits.image_pixels",
    replace: "isTurned && width * height > limits.jpeg_pixels",
  },
];
