import type { Client } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { makeZip } from "client-zip";
import { imageName } from "../../imageNames.ts";
import { fileName } from "../../savedFile.ts";
import type { FailedImage } from "./forEachImage.ts";

type Options = {
  signal: AbortSignal;
  onProgress(finished: number): void;
  /** Called with an image whose file could not be read: the zip is without it. */
  onFailed(failed: FailedImage): void;
};

const readAhead = 3;

/** A zip of the originals, as a stream: three files are in memory at most. */
export function zipOfImages(
  client: Client,
  images: readonly Image[],
  options: Options,
): ReadableStream<Uint8Array> {
  return makeZip(files(client, images, options));
}

async function* files(client: Client, images: readonly Image[], options: Options) {
  const { signal, onProgress, onFailed } = options;
  const names = uniqueNames(images);
  const reading: Promise<Blob | { error: unknown }>[] = [];
  for (const [index, image] of images.entries()) {
    while (reading.length < Math.min(images.length, index + readAhead))
      reading.push(read(client, images[reading.length]!, signal).catch((error) => ({ error })));
    const file = await reading[index]!;
    reading[index] = Promise.resolve({ error: undefined }); // frees it
    signal.throwIfAborted();
    if (file instanceof Blob)
      yield {
        name: names[index]!,
        lastModified: new Date(image.created_at),
        input: file.stream(),
        size: file.size,
      };
    else onFailed({ image, error: file.error });
    onProgress(index + 1);
  }
}

/** The address of a private image may have expired. What an `<img>` loaded may lack the headers of CORS. */
async function read(client: Client, image: Image, signal: AbortSignal): Promise<Blob> {
  const { image_id, visibility } = image;
  const { url } =
    visibility === "private" ? (await client.getImage({ image_id }, { signal })).image : image;
  const response = await fetch(url!, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The CDN answered ${response.status}`);
  return response.blob();
}

/** File names that every system takes, each once: `photo.jpg`, `photo (2).jpg`. */
function uniqueNames(images: readonly Image[]): string[] {
  const taken = new Set<string>();
  return images.map((image) => {
    const safe = imageName(image)
      .replace(/[\p{Cc}<>:"/\\|?*]/gu, "_")
      .replace(/^\.+/, "_");
    const name = fileName(safe, image.content_type);
    const dot = name.lastIndexOf(".");
    let unique = name;
    for (let copy = 2; taken.has(unique.toLowerCase()); copy += 1)
      unique = `${name.slice(0, dot)} (${copy})${name.slice(dot)}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}
