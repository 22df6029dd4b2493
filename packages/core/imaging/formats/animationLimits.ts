/** Width and height in pixels of the canvas on which a decoder draws every frame. */
export type Animation = { width: number; height: number; frames: number };

/** Whether all frames may be decoded. A decoder's work grows with their number and with all their pixels. */
export const isWithinBounds = ({ width, height, frames }: Animation): boolean =>
  frames <= maxFrames && frames * width * height <= maxPixels;

const maxFrames = 300;
const maxPixels = 40_000_000;
