export type Sample = Record<string, number>;

/**
 * Measures contenders in turn, `rounds` times each after a warm-up round that does not count. The order
 * changes with every round, so that other load on the machine affects all of them. Resolves to medians, or to what
 * `summarize` makes of the turns. One round (`--brief`) is as short as the warm-up, and counts.
 */
export async function interleave<Name extends string>(
  rounds: number,
  contenders: Record<Name, (isShort: boolean) => Promise<Sample>>,
  summarize = medians,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]]));
  const isBrief = rounds === 1;
  for (let round = isBrief ? 1 : 0; round <= rounds; round += 1)
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length]!;
      const sample = await contenders[name](isBrief || round === 0);
      if (round > 0) samples[name]!.push(sample);
    }
  return Object.fromEntries(names.map((name) => [name, summarize(samples[name]!)])) as Record<
    Name,
    Sample
  >;
}

/** The median of each figure. */
export const medians = (samples: Sample[]): Sample => ofEachFigure(samples, median);

/** The least of each figure: of CPU time that is too short for a median, to which other load only adds. */
export const least = (samples: Sample[]): Sample =>
  ofEachFigure(samples, (values) => Math.min(...values));

function ofEachFigure(samples: Sample[], summarize: (values: number[]) => number): Sample {
  const figures = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    figures.map((figure) => [figure, summarize(samples.map((sample) => sample[figure]!))]),
  );
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
