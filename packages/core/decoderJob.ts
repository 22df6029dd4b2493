/** A piece of work for the decoder: an image, what its header must say, and the steps to do. */
export type DecoderJob<Steps extends DecoderSteps = DecoderSteps> = {
  /** The whole file. Everything that is returned is made of it. */
  bytes: Uint8Array;
  accepts: AcceptedHeader;
  bounds: WorkBounds;
  steps: Steps;
};

/** An image with another header is not decoded. Sides and area in pixels. */
type AcceptedHeader = { format: string; minSidePx: number; sidePx: number; pixels: number };

/** How much work a job may be. */
export type WorkBounds = {
  /** More CPU time, or more resident memory of the process, is `image.too_complex`. */
  cpuMs: number;
  memoryBytes: number;
  /** More time by the clock may be the machine's fault: the job can be repeated. */
  wallMs: number;
};

/**
 * The steps of a job. Everything that is encoded is upright, in sRGB, without metadata, and the first frame
 * unless `animated` is set. Any warning of a decoder is an error.
 */
export type DecoderSteps = {
  /** Before all others but `check`: the colours of a picture in grey, or of 16 bits. */
  convert?: ColourConversion;
  /** Decodes every pixel of the first frame. */
  check?: true;
  encode?: Encoding;
  fit?: { /** Largest first, in pixels. */ sidesPx: number[]; maxBytes: number };
  variants?: { widthsPx: number[] };
  placeholder?: { sidePx: number };
};

/** From the values of a picture to those of sRGB. */
export type ColourConversion = {
  /** The linear light of each value of 16 bits: of red, green and blue, or of grey. */
  light: [Float32Array, ...Float32Array[]];
  /** From linear light to that of sRGB, a row for each of its colours. Not of grey. */
  matrix?: [Row, Row, Row];
};

type Row = [number, number, number];

export type Encoding = {
  format: "png" | "jpeg" | "webp";
  /** 1 to 100, of JPEG and WebP with loss. */
  quality?: number;
  /** WebP without loss. */
  lossless?: boolean;
  /** Of JPEG: colours at full resolution (4:4:4), also where the file has fewer. */
  fullColour?: true;
  /** 0 to 6, of WebP. */
  effort?: number;
  /** All frames of a GIF or WebP, for WebP. */
  animated?: boolean;
  /** The longest side, in pixels, of a picture that is larger; not of an animation. */
  sidePx?: number;
};

/** What a job resolves to: the header, and the result of each step. */
export type DecoderResult<Steps extends DecoderSteps> = {
  header: ImageHeader;
} & { [Step in keyof Steps & keyof StepResults]: StepResults[Step] };

/** What the decoder replies to any job. */
export type DecoderReply = { header: ImageHeader } & Partial<StepResults>;

/** As the decoder names and reads it. `width` and `height` are those of the file, before it is turned. */
type ImageHeader = { format: string; width: number; height: number };

type StepResults = {
  /** Upright. */
  check: { width: number; height: number };
  encode: EncodedImage;
  /** A PNG of the first side with at most `maxBytes`, or of the last one. It is never enlarged. */
  fit: EncodedImage;
  /** WebPs of quality 75, of those widths that are narrower than the image. Every pixel is decoded, also for none. */
  variants: EncodedImage[];
  /** The whole picture within a square of `sidePx`. */
  placeholder: RawPixels;
};

export type EncodedImage = { bytes: Uint8Array; width: number; height: number };

/** RGBA, one byte each. */
export type RawPixels = { pixels: Uint8Array; width: number; height: number };
