import sharp from "sharp";

/** A drawn photo of hills as JPEG, another for each `seed`. */
export async function landscape(seed: number, width = 1200, height = 900): Promise<Buffer> {
  const next = randomNumbers(seed);
  const [sky, glow, ground] = lights[seed % lights.length]!;
  const sun = { x: width * (0.2 + 0.6 * next()), y: height * (0.25 + 0.2 * next()) };
  const ridges = Array.from({ length: 5 }, (_, depth) => {
    const base = height * (0.48 + depth * 0.11);
    const path = ridge(width, base, height * (0.16 - depth * 0.02), next);
    const hill = `${path} V${height} H0 Z`;
    // farther hills take more of the light and are opaque
    return `<path d="${hill}" fill="${glow}"/><path d="${hill}" fill="${ground}" opacity="${0.3 + depth * 0.16}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs>
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="${sky}"/><stop offset="0.75" stop-color="${glow}"/></linearGradient>
      <radialGradient id="sun"><stop stop-color="#fff" stop-opacity="0.95"/><stop offset="0.18" stop-color="#fff" stop-opacity="0.8"/><stop offset="0.22" stop-color="#fff" stop-opacity="0.25"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>
    </defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${sun.x}" cy="${sun.y}" r="${height * 0.32}" fill="url(#sun)"/>
    ${ridges.join("\n")}
  </svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 86 }).toBuffer();
}

/** Sky, glow at the horizon, and the colour of the hills. */
const lights = [
  ["#274a78", "#f4a261", "#1d2b45"],
  ["#3a6ea5", "#e9f0f5", "#2f5d50"],
  ["#5b2a62", "#f7b267", "#2b1436"],
  ["#8ecae6", "#fdf6e3", "#3d6b4f"],
  ["#0f2027", "#2c7a7b", "#081317"],
  ["#c9542d", "#ffd9a0", "#54200f"],
] as const;

function ridge(width: number, base: number, height: number, next: () => number): string {
  const points = Array.from({ length: 9 }, (_, step) => {
    const x = (width * step) / 8;
    return `${x.toFixed(0)},${(base - height * next()).toFixed(0)}`;
  });
  return `M0,${base} L${points.join(" L")}`;
}

function randomNumbers(seed: number) {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
