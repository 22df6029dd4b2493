/** How the files of an export are named and placed. This file imports nothing. */
export const exportLayouts = ["pairs", "kohya", "imagefolder", "control"] as const;
export type ExportLayout = (typeof exportLayouts)[number];

/** Of an export of everything that an owner has. No request names it. */
export const everything = "everything";

/** The repeats of `kohya` when a request does not say. */
export const defaultRepeats = 10;
