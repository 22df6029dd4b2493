import type { Image } from "@keepsake/contract/schemas";

export type FailedImage = { image: Image; error: unknown };

type Options = {
  signal: AbortSignal;
  /** Called with how many are finished. */
  onProgress(finished: number): void;
};

const atOnce = 4;

/** Does the work for each image, four at a time, and resolves to those that failed. An abort leaves the rest undone. */
export async function forEachImage(
  images: readonly Image[],
  work: (image: Image) => Promise<unknown>,
  { signal, onProgress }: Options,
): Promise<FailedImage[]> {
  const failed: FailedImage[] = [];
  const rest = images.values();
  let finished = 0;
  const worker = async () => {
    for (const image of rest) {
      if (signal.aborted) return;
      await work(image).catch((error) => failed.push({ image, error }));
      finished += 1;
      onProgress(finished);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failed;
}
