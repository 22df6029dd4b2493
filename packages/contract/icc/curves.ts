/** From a stored value to linear light, both from 0 to 1. */
export type Curve = (value: number) => number;

/** sRGB's curve, or the exponent of a power function. */
export type Transfer = "srgb" | number;

/**
 * The transfer function that all three curves of a profile agree with, to half of one of 255 steps as a
 * screen shows them: sRGB's, or a power function, with its exponent in steps of 1/256. Undefined for others.
 */
export function transferOf(curves: Curve[]): Transfer | undefined {
  const exponent = Math.round((Math.log(curves[0]!(0.5)) / Math.log(0.5)) * 256) / 256;
  const transfers: Transfer[] = exponent >= 1 && exponent <= 3 ? ["srgb", exponent] : ["srgb"];
  return transfers.find((transfer) =>
    curves.every((curve) =>
      samples.every((value) => Math.abs(encodings(transfer)(curve(value)) - value) < 0.002),
    ),
  );
}

const samples = Array.from({ length: 257 }, (_, index) => index / 256);

/** From linear light to a stored value: dark values differ more than their light does. */
const encodings = (transfer: Transfer): Curve =>
  transfer === "srgb"
    ? (light) => (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : 12.92 * light)
    : (light) => light ** (1 / transfer);

/** The curve of a `curv` or `para` tag (ICC.1:2022, 10.6 and 10.18); undefined when it is damaged. */
export function curveOf(tag: DataView | undefined): Curve | undefined {
  if (!tag || tag.byteLength < 12) return undefined;
  const type = tag.getUint32(0);
  if (type === curvType) return sampledCurve(tag);
  return type === paraType ? parametricCurve(tag) : undefined;
}

const curvType = 0x63757276;
const paraType = 0x70617261;

function sampledCurve(tag: DataView): Curve | undefined {
  const count = tag.getUint32(8);
  if (tag.byteLength < 12 + 2 * count) return undefined;
  if (count === 0) return (value) => value;
  const entry = (index: number) => tag.getUint16(12 + 2 * index);
  if (count === 1) return (value) => value ** (entry(0) / 256);
  return (value) => {
    const place = value * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    const [low, high] = [entry(below), entry(below + 1)];
    return (low + (high - low) * (place - below)) / 65_535;
  };
}

function parametricCurve(tag: DataView): Curve | undefined {
  const kind = tag.getUint16(8);
  const count = parameterCounts[kind];
  if (count === undefined || tag.byteLength < 12 + 4 * count) return undefined;
  const parameters = Array.from({ length: count }, (_, i) => tag.getInt32(12 + 4 * i) / 65_536);
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = parameters;
  const power: Curve = (value) => (a * value + b) ** g;
  if (kind === 0) return (value) => value ** g;
  if (kind === 1) return (value) => (value >= -b / a ? power(value) : 0);
  if (kind === 2) return (value) => (value >= -b / a ? power(value) + c : c);
  if (kind === 3) return (value) => (value >= d ? power(value) : c * value);
  return (value) => (value >= d ? power(value) + e : c * value + f);
}

const parameterCounts = [1, 3, 4, 5, 7];
