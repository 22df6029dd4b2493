/** The size in pixels that the header of a WebP states, for its three kinds (RFC 9649); `{}` for another. */
export function webpSize(bytes: Buffer): { width?: number; height?: number } {
  const chunk = bytes.toString("latin1", 12, 16);
  if (chunk === "VP8X")
    return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  if (chunk === "VP8L") {
    const bits = bytes.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk === "VP8 ")
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  return {};
}

/** Width and height in pixels of the canvas. `icc` is a view of the colour profile. */
export type Webp = {
  width: number;
  height: number;
  frames: number;
  isAnimated: boolean;
  /** Every frame is coded without loss. */
  isLossless: boolean;
  /** A view of the `VP8 ` chunk of a picture that is coded with loss. Undefined of an animation. */
  vp8: Buffer | undefined;
  icc: Buffer | undefined;
};

/**
 * Reads what a WebP contains from its chunks (RFC 9649), without decoding it. Undefined when a chunk is cut
 * off, a frame is missing or has no picture, sizes disagree, or there are over 100,000 chunks. Unknown chunks and bytes after the end are
 * ignored, as by decoders. Takes time linear in the number of chunks.
 */
export function readWebp(bytes: Buffer): Webp | undefined {
  if (bytes.length < 32 || bytes.toString("latin1", 0, 4) !== "RIFF") return undefined;
  const end = 8 + bytes.readUInt32LE(4);
  if (bytes.toString("latin1", 8, 12) !== "WEBP" || end > bytes.length) return undefined;
  const chunks = chunksOf(bytes.subarray(12, end));
  const [first] = chunks ?? [];
  if (!chunks || !first) return undefined;
  if (first.type !== "VP8X") return readStill(first, undefined);
  if (first.data.length < 10) return undefined;

  const canvas = {
    width: first.data.readUIntLE(4, 3) + 1,
    height: first.data.readUIntLE(7, 3) + 1,
  };
  const icc = chunks.find(({ type }) => type === "ICCP")?.data;
  const frames = chunks.filter(({ type }) => type === "ANMF").map(({ data }) => readFrame(data));
  const isAnimated = (first.data[0]! & animationFlag) !== 0;
  if (!isAnimated) {
    const picture = chunks.find(isPicture);
    const still = picture && readStill(picture, icc);
    return still?.width === canvas.width && still.height === canvas.height ? still : undefined;
  }
  if (frames.length === 0 || !frames.every((frame) => frame && isInside(frame, canvas)))
    return undefined;
  const isLossless = frames.every((frame) => frame?.isLossless);
  return { ...canvas, frames: frames.length, isAnimated, isLossless, vp8: undefined, icc };
}

const animationFlag = 2;

type Chunk = { type: string; data: Buffer };

/** Views of chunks, each padded to an even length. Undefined when the last is cut off or there are too many. */
function chunksOf(bytes: Buffer): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length || chunks.length === maxChunks) return undefined;
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) return undefined;
    chunks.push({ type: bytes.toString("latin1", at, at + 4), data: bytes.subarray(at + 8, end) });
    at = end + (end & 1);
  }
  return chunks;
}

/** Millions of empty chunks would take gigabytes of memory. */
const maxChunks = 100_000;

const isPicture = ({ type }: Chunk) => type === "VP8 " || type === "VP8L";

function readStill(chunk: Chunk, icc: Buffer | undefined): Webp | undefined {
  const size = pictureSize(chunk);
  const isLossless = chunk.type === "VP8L";
  const vp8 = isLossless ? undefined : chunk.data;
  return size && { ...size, frames: 1, isAnimated: false, isLossless, vp8, icc };
}

/** The size in pixels in the header of a `VP8 ` or `VP8L` chunk. */
function pictureSize({ type, data }: Chunk): { width: number; height: number } | undefined {
  if (type === "VP8 " && data.length >= 10 && data.readUIntBE(3, 3) === 0x9d012a)
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  if (type !== "VP8L" || data.length < 5 || data[0] !== 0x2f) return undefined;
  const bits = data.readUInt32LE(1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

type Frame = { left: number; top: number; width: number; height: number; isLossless: boolean };

/** An `ANMF` chunk: 16 bytes, and the chunks of its picture. */
function readFrame(data: Buffer): Frame | undefined {
  if (data.length < 16) return undefined;
  const picture = chunksOf(data.subarray(16))?.find(isPicture);
  const size = picture && pictureSize(picture);
  const [width, height] = [data.readUIntLE(6, 3) + 1, data.readUIntLE(9, 3) + 1];
  if (size?.width !== width || size.height !== height) return undefined;
  const [left, top] = [2 * data.readUIntLE(0, 3), 2 * data.readUIntLE(3, 3)];
  return { left, top, width, height, isLossless: picture?.type === "VP8L" };
}

const isInside = (frame: Frame, canvas: { width: number; height: number }) =>
  frame.left + frame.width <= canvas.width && frame.top + frame.height <= canvas.height;
