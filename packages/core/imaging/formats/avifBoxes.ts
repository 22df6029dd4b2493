/** A box of the ISO base media file format. `data` is a view, without size and type. */
export type Box = { type: string; data: Buffer };

/**
 * The boxes of a file or of another box, in order (ISO/IEC 14496-12, section 4.2). Undefined when one is cut
 * off, or there are over 2,000.
 */
export function boxesOf(bytes: Buffer): Box[] | undefined {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length || boxes.length === maxBoxes) return undefined;
    const size = bytes.readUInt32BE(at);
    const isLarge = size === 1; // eight more bytes have the size
    if (isLarge && at + 16 > bytes.length) return undefined;
    const length = isLarge ? Number(bytes.readBigUInt64BE(at + 8)) : size || bytes.length - at;
    const start = at + (isLarge ? 16 : 8);
    const end = at + length;
    if (end < start || end > bytes.length) return undefined;
    boxes.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      data: bytes.subarray(start, end),
    });
    at = end;
  }
  return boxes;
}

const maxBoxes = 2_000;

/** The data of the only box of a type; undefined when there is none, or more than one. */
export function onlyBox(boxes: Box[] | undefined, type: string): Buffer | undefined {
  const [box, ...others] = boxes?.filter((each) => each.type === type) ?? [];
  return others.length === 0 ? box?.data : undefined;
}

/** A box as numbers of 1, 2 or 4 bytes, read one after another. Throws a RangeError at its end. */
export function numbersOf(data: Buffer): (bytes: number) => number {
  let at = 0;
  return (bytes) => {
    at += bytes;
    return data.readUIntBE(at - bytes, bytes);
  };
}
