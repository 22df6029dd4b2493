/**
 * The quality, 0 to 100, at which libwebp would encode a picture as coarsely as this one is: what its frame header
 * says of the quantizers (RFC 6386, sections 9.2 to 9.6). Within 3 of the quality that cwebp or sharp was called
 * with. `frame` is a `VP8 ` chunk whose first 10 bytes were checked. Reads a few hundred bits at most, and zeros after
 * its end, so a frame that lies can only get a wrong quality.
 */
export function vp8Quality(frame: Buffer): number {
  const bits = new BoolDecoder(frame.subarray(10));
  bits.unsigned(2); // colour space, clamping
  const segments = bits.flag() ? readSegments(bits) : undefined;
  bits.unsigned(1 + 6 + 3); // the loop filter's kind, level and sharpness
  if (bits.flag() && bits.flag()) for (let delta = 0; delta < 8; delta += 1) bits.optional(6);
  bits.unsigned(2); // partitions
  const base = bits.unsigned(7);
  return qualityOf(segments ? meanQuantizer(segments, base) : base);
}

/** An encoder may divide a picture into four segments, each with a quantizer of its own. */
type Segments = {
  quantizers: number[];
  /** Else they are differences from the frame's. */
  isAbsolute: boolean;
  /** The share of the picture that each has: of a tree of two bits, how likely each is 0. */
  shares: number[];
};

function readSegments(bits: BoolDecoder): Segments {
  const hasMap = bits.flag();
  const hasQuantizers = bits.flag();
  const isAbsolute = hasQuantizers && bits.flag();
  const quantizers = four(() => (hasQuantizers ? bits.optional(7) : 0));
  if (hasQuantizers) four(() => bits.optional(6)); // levels of the loop filter
  const zero = () => (hasMap && bits.flag() ? bits.unsigned(8) / 255 : 1);
  const [first, left, right] = [zero(), zero(), zero()];
  const shares = [first * left, first * (1 - left), (1 - first) * right, (1 - first) * (1 - right)];
  return { quantizers, isAbsolute, shares };
}

const four = <Value>(read: () => Value) => Array.from({ length: 4 }, read);

const meanQuantizer = ({ quantizers, isAbsolute, shares }: Segments, base: number) =>
  quantizers.reduce((sum, quantizer, segment) => {
    const own = isAbsolute ? quantizer : base + quantizer;
    return sum + shares[segment]! * Math.min(coarsest, Math.max(0, own));
  }, 0);

const coarsest = 127;

/** libwebp's way from a quality to a quantizer, backwards (`QualityToCompression` of quant_enc.c). */
function qualityOf(quantizer: number): number {
  const linear = Math.max(0, 1 - quantizer / coarsest) ** 3;
  return 100 * (linear < 0.5 ? linear * 1.5 : (linear + 1) / 2);
}

/** Reads bits that are 0 or 1 equally often, as all of these fields are coded (RFC 6386, section 7). */
class BoolDecoder {
  readonly #bytes: Buffer;
  #next = 2;
  #value: number;
  #range = 255;
  #shifted = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#value = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  }

  flag(): boolean {
    const split = 1 + ((this.#range - 1) >> 1);
    const isSet = this.#value >= split << 8;
    if (isSet) this.#value -= split << 8;
    this.#range = isSet ? this.#range - split : split;
    while (this.#range < 128) this.#shift();
    return isSet;
  }

  #shift() {
    this.#range <<= 1;
    this.#value <<= 1;
    this.#shifted += 1;
    if (this.#shifted % 8 > 0) return;
    this.#value |= this.#bytes[this.#next] ?? 0;
    this.#next += 1;
  }

  unsigned(bits: number): number {
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) value = value * 2 + Number(this.flag());
    return value;
  }

  /** A number and its sign, after a flag that says whether it is there; else 0. */
  optional(bits: number): number {
    if (!this.flag()) return 0;
    const value = this.unsigned(bits);
    return this.flag() ? -value : value;
  }
}
