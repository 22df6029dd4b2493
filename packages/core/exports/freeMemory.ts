/**
 * Gives the memory of bytes back at once: V8 collects large buffers late, and some 50 MB of them would stay. The
 * bytes, and all other views of their buffer, are empty afterwards.
 */
export function freeMemory({ buffer }: Uint8Array): void {
  const isOwn = buffer.byteLength > Buffer.poolSize; // smaller ones may share Node's pool
  if (isOwn && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
