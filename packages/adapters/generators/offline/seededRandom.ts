import { hash } from "node:crypto";

/** A generator of numbers in [0, 1). The same seed gives the same numbers, on every machine. */
export function random(seed: string): () => number {
  let count = 0;
  return () => Number.parseInt(hash("sha256", `${count++} ${seed}`).slice(0, 8), 16) / 2 ** 32;
}

/** A shuffled copy. */
export function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
