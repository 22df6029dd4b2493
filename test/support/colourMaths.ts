/**
 * Colours computed from their definitions alone (CIE 1931, IEC 61966-2-1), to compare a decoder with. A
 * picture's white is adapted to sRGB's by Bradford's method, and what a screen cannot show is cut off.
 */
export type Space = { chromaticities: number[]; toLight: (value: number) => number };

/** The x and y of white, red, green and blue. */
export const chromaticities = {
  srgb: [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06],
  displayP3: [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  adobeRgb: [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06],
  wideGamut: [0.3457, 0.3585, 0.7347, 0.2653, 0.1152, 0.8264, 0.1566, 0.0177],
  cinema: [0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  bt2020: [0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046],
};

/** From red, green and blue, 0 to 1, to what a screen of sRGB is sent, 0 to 255 and not rounded. */
export function toSrgb(colour: number[], { chromaticities: own, toLight }: Space): number[] {
  const light = colour.map(toLight);
  const xyz = times(adaptation(own), times(toXyz(own), light));
  return times(inverse(toXyz(chromaticities.srgb)), xyz).map((value) => {
    const shown = Math.min(1, Math.max(0, value));
    return 255 * (shown <= 0.0031308 ? 12.92 * shown : 1.055 * shown ** (1 / 2.4) - 0.055);
  });
}

const xyzOf = (x: number, y: number) => [x / y, 1, (1 - x - y) / y];

/** Rows of the matrix from light to X, Y and Z. */
function toXyz([wx, wy, ...primaries]: number[]): number[][] {
  const columns = [0, 2, 4].map((at) => xyzOf(primaries[at]!, primaries[at + 1]!));
  const rows = [0, 1, 2].map((row) => columns.map((column) => column[row]!));
  const amounts = times(inverse(rows), xyzOf(wx!, wy!));
  return rows.map((row) => row.map((value, index) => value * amounts[index]!));
}

function adaptation([wx, wy]: number[]): number[][] {
  const cone = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
  ];
  const [from, to] = [xyzOf(wx!, wy!), xyzOf(0.3127, 0.329)].map((white) => times(cone, white));
  const scaled = cone.map((row, index) =>
    row.map((value) => (value * to![index]!) / from![index]!),
  );
  return product(inverse(cone), scaled);
}

const times = (rows: number[][], vector: number[]) =>
  rows.map((row) => row.reduce((sum, value, index) => sum + value * vector[index]!, 0));

const product = (one: number[][], other: number[][]) =>
  one.map((row) =>
    [0, 1, 2].map((column) => row.reduce((sum, value, k) => sum + value * other[k]![column]!, 0)),
  );

/** By Gauss and Jordan. */
function inverse(rows: number[][]): number[][] {
  const work = rows.map((row, y) => [...row, ...[0, 1, 2].map((x) => (x === y ? 1 : 0))]);
  for (let at = 0; at < 3; at += 1) {
    const best = [0, 1, 2]
      .slice(at)
      .sort((a, b) => Math.abs(work[b]![at]!) - Math.abs(work[a]![at]!))[0]!;
    [work[at], work[best]] = [work[best]!, work[at]!];
    const divisor = work[at]![at]!;
    work[at] = work[at]!.map((value) => value / divisor);
    for (let y = 0; y < 3; y += 1)
      if (y !== at) {
        const factor = work[y]![at]!;
        work[y] = work[y]!.map((value, x) => value - factor * work[at]![x]!);
      }
  }
  return work.map((row) => row.slice(3));
}
