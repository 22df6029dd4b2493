/** The bytes of a value in a response. The body is a string in what a function returns, so it is escaped twice. */
export const responseBytes = (value: unknown) =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(value)));
