/** Every function that streams its response, each at its own URL. This file imports nothing. */
export const streams = {
  streamCharacters: { timeoutSeconds: 180 },
} as const satisfies Record<string, { timeoutSeconds: number }>;

export type StreamName = keyof typeof streams;
