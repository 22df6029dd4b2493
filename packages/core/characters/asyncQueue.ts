/** What is pushed at one end comes out at the other, in order, until it is closed or fails. */
export function asyncQueue<T>() {
  const waiting: T[] = [];
  let end: { error?: unknown } | undefined;
  let wake = () => {};

  return {
    push(item: T) {
      waiting.push(item);
      wake();
    },
    /** Ends it once everything is out: well, or with an error to throw. */
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
