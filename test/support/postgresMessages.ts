/** Splits a Postgres stream into its messages. A client's first message has no type. */
export function onMessages(
  { startsUntyped }: { startsUntyped: boolean },
  handle: (type: string, message: Buffer) => void,
) {
  let rest: Buffer = Buffer.alloc(0);
  let isUntyped = startsUntyped;
  return (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const lengthAt = isUntyped ? 0 : 1;
      if (rest.length < lengthAt + 4) return;
      const length = lengthAt + rest.readUInt32BE(lengthAt);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      const type = isUntyped ? "" : String.fromCharCode(message[0]!);
      rest = rest.subarray(length);
      isUntyped = false;
      handle(type, message);
    }
  };
}
