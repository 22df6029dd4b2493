/** Passes a body on, and fails it once it is over `maxBytes`. */
export function limitBytes(maxBytes: number) {
  let bytes = 0;
  return new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new Error(`The response is over ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
