/** The result of `work`; when it takes longer, the error says so. It is not stopped: the caller ends the process. */
export async function withTimeLimit<T>(
  what: string,
  seconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const tooLong = Promise.withResolvers<never>();
  const timeout = setTimeout(
    () => tooLong.reject(new Error(`${what} took more than ${seconds} s`)),
    seconds * 1_000,
  );
  try {
    return await Promise.race([work(), tooLong.promise]);
  } finally {
    clearTimeout(timeout);
  }
}
