import type { ExportMessage } from "@keepsake/contract/messages";
import { type ExportOutcome, exportDataset } from "@keepsake/core/exports/exportDataset";
import { images, privateImages } from "@keepsake/functions/services/buckets";
import { sql } from "@keepsake/functions/services/database";
import { decoder } from "@keepsake/functions/services/decoder";
import { exportStore } from "@keepsake/functions/services/exportStore";
import { exportQueue } from "@keepsake/functions/services/queues";

/** More than one part of a multipart upload, so that one has begun. */
const partAndMore = 20 * 1_024 * 1_024;

/**
 * A consumer of `ExportQueue` that stops in the middle of its zip, with a part in the bucket, until it is released.
 * It renews its lease 20 times a second by default. Its zip begins with zeros, and is none.
 */
export function heldConsumer(message: ExportMessage, { renewSeconds = 0.05 } = {}) {
  const writing = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const store = exportStore();
  const outcomes: ExportOutcome[] = [];
  const done = exportDataset(
    {
      sql: sql(),
      images: images(),
      privateImages: privateImages(),
      decoder: decoder(),
      exportStore: {
        ...store,
        write: (key, chunks, options) => store.write(key, held(chunks), options),
      },
      exportQueue: exportQueue(),
      renewSeconds,
      onOutcome: (_, outcome) => outcomes.push(outcome),
    },
    [message],
  );

  async function* held(chunks: AsyncIterable<Uint8Array>) {
    yield new Uint8Array(partAndMore);
    writing.resolve();
    await released.promise;
    yield* chunks;
  }

  return {
    /** Resolves when it holds. */
    writing: writing.promise,
    release: released.resolve,
    /** Resolves to what it has reported when it has ended. */
    async outcome() {
      await done;
      return outcomes[0];
    },
  };
}
