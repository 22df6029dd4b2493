import { abortable } from "@keepsake/core/rejectOnAbort";

/** One part of a stream of bytes, numbered from 1. */
export type Part = {
  number: number;
  bytes: Buffer;
  isLast: boolean;
  /** Lets the memory of `bytes` be used for a later part. */
  release(): void;
};

/** Memory for parts that is used again, by later calls too. */
export type PartMemory = { bytes: number; free: Buffer[] };

type Options = {
  memory: PartMemory;
  /** At most this many parts are unreleased. */
  inMemory: number;
  signal: AbortSignal;
};

/**
 * Cuts chunks into parts of exactly as many bytes as a piece of the memory has; the last one may have fewer, and
 * is the only one that may be empty. Every byte is copied once. Throws the signal's reason as soon as it aborts.
 */
export async function* cutIntoParts(
  chunks: AsyncIterable<Uint8Array>,
  { memory, inMemory, signal }: Options,
): AsyncGenerator<Part, void, undefined> {
  const partBytes = memory.bytes;
  const buffers = limited(memory, inMemory);
  const take = () => abortable(buffers.take(), signal, () => signal.reason);
  let buffer = await take();
  let [number, filled] = [1, 0];

  function part(isLast: boolean): Part {
    const current = buffer;
    const bytes = current.subarray(0, filled);
    return { number, bytes, isLast, release: () => buffers.put(current) };
  }

  for await (const chunk of untilAborted(chunks, signal))
    for (let at = 0; at < chunk.length; ) {
      // a full part is given out when there is more: only then is it not the last one
      if (filled === partBytes) {
        yield part(false);
        buffer = await take();
        number += 1;
        filled = 0;
      }
      const end = Math.min(chunk.length, at + partBytes - filled);
      buffer.set(chunk.subarray(at, end), filled);
      filled += end - at;
      at = end;
    }
  yield part(true);
}

/** The chunks until the signal aborts; then it throws. In both cases the source is closed. */
async function* untilAborted(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal, () => signal.reason);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // not awaited: it waits for the chunk that is being made
    void iterator.return?.().catch(() => {});
  }
}

/** At most `count` buffers of the memory at once: `take` waits while all of them are in use. */
function limited({ bytes, free }: PartMemory, count: number) {
  const waiting: ((buffer: Buffer) => void)[] = [];
  let used = 0;
  return {
    async take(): Promise<Buffer> {
      if (used === count) return new Promise((resolve) => waiting.push(resolve));
      used += 1;
      return free.pop() ?? Buffer.allocUnsafeSlow(bytes);
    },
    put(buffer: Buffer) {
      const next = waiting.shift();
      if (next) return next(buffer);
      used -= 1;
      free.push(buffer);
    },
  };
}
