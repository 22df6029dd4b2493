/** A queue with one reader: items come out in the order they were pushed, until it is closed. */
export function asyncQueue<T>() {
  const waiting: T[] = [];
  let end: { error?: unknown } | undefined;
  let wake = () => {};

  return {
    push(item: T) {
      waiting.push(item);
      wake();
    },
    /** Ends the queue after the items that are waiting; with an error, the reader then throws it. */
    close(ending: { error?: unknown } = {}) {
      end ??= ending;
      wake();
    },
    async *read(): AsyncGenerator<T, void> {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!;
        if (end) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if ("error" in end) throw end.error;
    },
  };
}
