/** The text files of an export of everything, in the order of its zip. */
export const textFiles = ["worlds.json", "images.jsonl", "datasets.json"] as const;
export type TextFile = (typeof textFiles)[number];
