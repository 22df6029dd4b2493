type Options<Item> = {
  /** How many reads may be under way or waiting to be taken. */
  count: number;
  /** About how many bytes they may have together. One is read however large it is. */
  maxBytes: number;
  bytesOf(item: Item): number;
};

/**
 * Reads items in order while earlier ones are being used, within the bounds. Begins no read before the first
 * result is asked for, and none after an error or the end of the loop.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  read: (item: Item) => Promise<Result>,
  { count, maxBytes, bytesOf }: Options<Item>,
): AsyncGenerator<Result> {
  const waiting = [...items].toReversed();
  const reads: { result: Promise<Result>; bytes: number }[] = [];
  let bytesAhead = 0;

  const startReads = () => {
    for (let next = waiting.at(-1); next !== undefined && reads.length < count; ) {
      const bytes = bytesOf(next);
      if (reads.length > 0 && bytesAhead + bytes > maxBytes) return;
      waiting.pop();
      const result = read(next);
      result.catch(() => {}); // thrown where it is taken
      reads.push({ result, bytes });
      bytesAhead += bytes;
      next = waiting.at(-1);
    }
  };

  for (startReads(); reads.length > 0; startReads()) {
    const { result, bytes } = reads[0]!;
    yield await result;
    reads.shift();
    bytesAhead -= bytes;
  }
}
