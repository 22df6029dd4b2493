export type Sample = Record<string, number>;

/**
 * Lets contenders take turns, `rounds` times each after one round that does not count, in an order that
 * changes with every round: whatever else the machine does meets them all. Resolves to medians.
 */
export async function interleaved<Name extends string>(
  rounds: number,
  contenders: Record<Name, (isWarmUp: boolean) => Promise<Sample>>,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]]));
  for (let round = 0; round <= rounds; round += 1)
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length]!;
      const sample = await contenders[name](round === 0);
      if (round > 0) samples[name]!.push(sample);
    }
  return Object.fromEntries(names.map((name) => [name, medians(samples[name]!)])) as Record<
    Name,
    Sample
  >;
}

/** The median of each figure. */
export function medians(samples: Sample[]): Sample {
  const figures = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    figures.map((figure) => [figure, median(samples.map((sample) => sample[figure]!))]),
  );
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
