import { makeZip } from "client-zip";
import { abortable } from "../rejectOnAbort.ts";
import { freeMemory } from "./freeMemory.ts";
import type { ZipEntry } from "./layouts/exportPlan.ts";
import { readAhead } from "./readAhead.ts";

type Options<Picture> = {
  /** About the bytes of a picture; by default those that its row knows. */
  bytesOf?: (picture: Picture) => number;
  /** Ends the zip with the signal's reason, at once. */
  signal?: AbortSignal | undefined;
};

/**
 * A zip of files as they are, without compression, in chunks: each picture is one chunk, which must not be
 * changed, and whose memory is freed when a later chunk is asked for. The same files give the same bytes, in every
 * time zone. Reads up to three pictures, of about 32 MB together, while earlier ones are taken, and waits when
 * no chunks are taken. A picture for which `readPicture` resolves to undefined is left out. Throws what
 * `readPicture` throws. Beyond 4 GB it is a Zip64 file.
 */
export async function* zipChunks<Picture extends { bytes: number }>(
  entries: ZipEntry<Picture>[],
  readPicture: (picture: Picture, signal: AbortSignal) => Promise<Uint8Array | undefined>,
  { bytesOf = ({ bytes }) => bytes, signal }: Options<Picture> = {},
): AsyncGenerator<Uint8Array> {
  const ended = new AbortController();
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const pictures = readAhead(
    entries.flatMap((entry) => ("picture" in entry ? [entry.picture] : [])),
    (picture) => readPicture(picture, either),
    { ...ahead, bytesOf },
  );
  const files = zippedFiles(entries, pictures, either);
  const zip = makeZip(files, { buffersAreUTF8: true }).getReader();
  try {
    for (;;) {
      const { value, done } = await abortable(zip.read(), either, () => reasonOf(either));
      if (done) return;
      yield value;
    }
  } finally {
    ended.abort();
    zip.cancel().catch(() => {}); // of an unfinished zip: it waits for the read that is under way
  }
}

async function* zippedFiles<Picture>(
  entries: ZipEntry<Picture>[],
  pictures: AsyncGenerator<Uint8Array | undefined>,
  signal: AbortSignal,
) {
  // zips have local times without a zone: the first one that they can state
  const lastModified = new Date(1980, 0, 1);
  for (const entry of entries) {
    signal.throwIfAborted();
    const input = await inputOf(entry, pictures);
    if (input === undefined) continue;
    yield { name: entry.name, input, lastModified };
    // only then the next file is asked for: all bytes of this one were taken
    if (input instanceof Uint8Array) freeMemory(input);
  }
}

async function inputOf<Picture>(
  entry: ZipEntry<Picture>,
  pictures: AsyncGenerator<Uint8Array | undefined>,
) {
  if ("text" in entry) return entry.text;
  if ("parts" in entry) return entry.parts();
  return (await pictures.next()).value as Uint8Array | undefined;
}

const ahead = { count: 3, maxBytes: 32_000_000 };

const reasonOf = ({ reason }: AbortSignal) =>
  reason instanceof Error ? reason : new Error("The export was ended", { cause: reason });
