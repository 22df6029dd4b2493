/** The x and y (CIE 1931) of white, red, green and blue. */
export type Chromaticities = number[];

/**
 * X, Y and Z of red, green and blue with this white, adapted to D50 (Bradford, ICC.1:2022, annex E), as a
 * colour profile states them. Undefined when no display has such colours.
 */
export function matrixOf(chromaticities: Chromaticities): number[][] | undefined {
  const [white, ...primaries] = [0, 2, 4, 6].map((at) => {
    const [x, y] = [chromaticities[at]!, chromaticities[at + 1]!];
    return [x, y, 1 - x - y];
  });
  const [red, green, blue] = primaries as [number[], number[], number[]];
  if (!(white![1]! > 0)) return undefined;
  const whiteXyz = white!.map((value) => value / white![1]!);

  const area = determinant(red, green, blue);
  if (!(Math.abs(area) > 1e-4)) return undefined;
  const amounts = [
    determinant(whiteXyz, green, blue),
    determinant(red, whiteXyz, blue),
    determinant(red, green, whiteXyz),
  ].map((part) => part / area);
  if (!amounts.every((amount) => amount > 0)) return undefined;

  const cone = times(bradford, whiteXyz);
  const gains = times(bradford, d50).map((value, index) => value / cone[index]!);
  if (!gains.every((gain) => gain > 0.1 && gain < 10)) return undefined;
  return primaries.map((primary, index) => {
    const xyz = primary.map((value) => value * amounts[index]!);
    const adapted = times(bradford, xyz).map((value, axis) => value * gains[axis]!);
    return times(bradfordBack, adapted);
  });
}

const d50 = [0.9642, 1, 0.8249];

const bradford = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];
const bradfordBack = [
  [0.9869929, -0.1470543, 0.1599627],
  [0.4323053, 0.5183603, 0.0492912],
  [-0.0085287, 0.0400428, 0.9684867],
];

const times = (matrix: number[][], [x, y, z]: number[]) =>
  matrix.map(([a, b, c]) => a! * x! + b! * y! + c! * z!);

/** Of the matrix with these columns. */
const determinant = ([a, d, g]: number[], [b, e, h]: number[], [c, f, i]: number[]) =>
  a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
