/** Every function that answers as a stream, behind a URL of its own. This file imports nothing. */
export const streams = {
  streamCharacters: { timeoutSeconds: 180 },
} as const satisfies Record<string, { timeoutSeconds: number }>;

export type StreamName = keyof typeof streams;
