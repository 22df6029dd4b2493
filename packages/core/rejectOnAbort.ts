/** Rejects as soon as the signal aborts. Work that ignores the signal is abandoned. */
export async function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal,
  abortError: () => Error,
): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(abortError());
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The items of an iterable until the signal aborts; then it throws. */
export async function* abortableEach<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  abortError: () => Error,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const next = await abortable(iterator.next(), signal, abortError);
    if (next.done) return;
    yield next.value;
  }
}
