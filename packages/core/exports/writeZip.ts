import { AppError } from "@keepsake/contract/errors";
import { type ExportLayout, everything } from "@keepsake/contract/exportLayouts";
import * as objectKeys from "../images/objectKeys.ts";
import { PermanentError } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import { everythingEntries } from "./everything/everythingEntries.ts";
import { findFileItems } from "./exportFileItems.sql.ts";
import type { ClaimedFile } from "./exportFiles.sql.ts";
import type { StoredImage } from "./layouts/exportPlan.ts";
import { zipEntries } from "./layouts/zipEntries.ts";
import { expectedBytes } from "./trainingFormat.ts";
import { trainingPicture } from "./trainingPicture.ts";
import { zipChunks } from "./zipChunks.ts";

type WritingServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "decoder" | "exportStore"
>;

/**
 * Reads the images of a zip and writes it to the bucket meanwhile. What went wrong with an image for good is thrown
 * with the image's id and what to do; an export of everything leaves it out. When it ends, no read is in flight: Lambda would freeze it.
 */
export async function writeZip(services: WritingServices, file: ClaimedFile, signal: AbortSignal) {
  const { export_id, file_index, filename } = file;
  const reads = new Set<Promise<unknown>>();
  const tracked = <Result>(reading: Promise<Result>) => {
    const ended = reading.finally(() => reads.delete(ended));
    reads.add(ended);
    return ended;
  };
  const chunks =
    file.layout === everything
      ? await chunksOfEverything(services, file, { signal, tracked })
      : await chunksOfDataset(services, file, { signal, tracked });
  const key = objectKeys.exportFile(export_id, file_index);
  const zip = await services.exportStore
    .write(key, chunks, { signal, filename })
    .finally(() => Promise.allSettled(reads));
  // a write whose beginning was repeated, because its response was lost; what stays is aborted when the export expires
  await services.exportStore.abortUnfinished(key).catch(() => {});
  return zip;
}

type Reading = {
  signal: AbortSignal;
  /** Every read goes through it. */
  tracked<Result>(reading: Promise<Result>): Promise<Result>;
};

async function chunksOfDataset(
  services: WritingServices,
  file: ClaimedFile,
  { signal, tracked }: Reading,
) {
  const { file_index, trigger_word, options, files } = file;
  const layout = file.layout as ExportLayout;
  const items = await findFileItems(services.sql, file);
  const entries = zipEntries({
    ...{ layout, trigger_word, options, items },
    ...{ fileIndex: file_index, fileCount: files },
  });
  const readPicture = (image: StoredImage) => tracked(read(services, image, options.size));
  return zipChunks(entries, readPicture, { signal, bytesOf: expectedBytes });
}

async function chunksOfEverything(
  services: WritingServices,
  file: ClaimedFile,
  { signal, tracked }: Reading,
) {
  const { entries, readPicture } = await everythingEntries(services, file);
  return zipChunks(entries, (picture) => tracked(readPicture(picture)), { signal });
}

async function read(services: WritingServices, image: StoredImage, size: number | undefined) {
  try {
    return await trainingPicture(services, image, size);
  } catch (cause) {
    const { image_id } = image;
    if (cause instanceof PermanentError)
      throw new PermanentError(
        cause.reason,
        `The file of image ${image_id} is missing: take it out of the dataset, and start a new export`,
      );
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError(
      cause.code,
      `Image ${image_id} cannot be exported (${cause.message}): take it out of the dataset, and start a new export`,
      { cause },
    );
  }
}
