/** The step that every design has: what `processes/imageCheckSteps.ts` calls it. */
export const copyStep =
  "for comparison, the smaller copy alone: decoded, resized and encoded by sharp";
