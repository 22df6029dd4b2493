// @ts-check
/**
 * The colours that sharp by itself would not convert, or not exactly.
 *
 * @import { ColourConversion } from "@keepsake/core/decoderJob"
 * @import { Metadata, Sharp } from "sharp"
 */
const sharp = require("sharp");

module.exports = { applyProfile, convertColours };

/**
 * A picture of 16 bits with a colour profile, upright in sRGB. sharp would convert colours to Display P3
 * without saying so in the result, and grey not at all.
 *
 * @param {Sharp} opened without its profile being applied
 * @param {Metadata} metadata
 */
async function applyProfile(opened, { space }) {
  const { data, info } = await opened
    .autoOrient()
    .toColourspace(space === "grey16" ? "grey16" : "rgb16")
    .withIccProfile("srgb", { attach: false })
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return () => sharp(of16Bits(data), { raw: { width, height, channels } });
}

/**
 * A picture in grey, or of 16 bits, upright in sRGB: exact to 1 of 255, where LittleCMS is up to 19 off.
 *
 * @param {ColourConversion} conversion
 * @param {Sharp} opened without its profile being applied
 * @param {Metadata} metadata
 */
async function convertColours({ light, matrix }, opened, { space, depth }) {
  const is16Bits = depth === "ushort";
  const { data, info } = await opened
    .autoOrient()
    .toColourspace(is16Bits ? space : "srgb") // in grey of 8 bits, sharp would drop alpha
    .raw({ depth: is16Bits ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const values = is16Bits ? of16Bits(data) : data;
  const pixels = new Uint8Array(values.length);
  if (matrix) colourPixels(pixels, values, channels, { light, matrix });
  else greyPixels(pixels, values, light[0]);
  if (channels % 2 === 0)
    for (let at = channels - 1; at < values.length; at += channels)
      pixels[at] = (values[at] ?? 0) >> (is16Bits ? 8 : 0);
  return () => sharp(pixels, { raw: { width, height, channels } });
}

/**
 * @param {Uint8Array} pixels
 * @param {Uint16Array | Uint8Array} values
 * @param {Float32Array} light
 */
function greyPixels(pixels, values, light) {
  const of16 = Uint8Array.from(light, srgbOf);
  const shown = values instanceof Uint16Array ? of16 : of16.filter((_, at) => at % 257 === 0);
  for (let at = 0; at < values.length; at += 1) pixels[at] = shown[values[at] ?? 0] ?? 0;
}

/**
 * 40 megapixels take 0.5 s: the loop allocates nothing.
 *
 * @param {Uint8Array} pixels
 * @param {Uint16Array | Uint8Array} values of 16 bits
 * @param {number} channels
 * @param {Required<ColourConversion>} conversion
 */
function colourPixels(pixels, values, channels, { light, matrix }) {
  const [red, green = red, blue = red] = light;
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = matrix;
  for (let at = 0; at < values.length; at += channels) {
    const r = red[values[at] ?? 0] ?? 0;
    const g = green[values[at + 1] ?? 0] ?? 0;
    const b = blue[values[at + 2] ?? 0] ?? 0;
    pixels[at] = srgbOf(rr * r + rg * g + rb * b);
    pixels[at + 1] = srgbOf(gr * r + gg * g + gb * b);
    pixels[at + 2] = srgbOf(br * r + bg * g + bb * b);
  }
}

/** @param {Buffer} data */
const of16Bits = (data) => new Uint16Array(data.buffer, data.byteOffset, data.length / 2);

/**
 * @param {number} light
 * @returns {number}
 */
function srgbOf(light) {
  return srgbValues[light < 1 ? (light > 0 ? light * 65_535 + 0.5 : 0) | 0 : 65_535] ?? 0;
}

/** What a screen is sent for linear light, from 0 to 65,535 (IEC 61966-2-1). */
const srgbValues = Uint8Array.from({ length: 65_536 }, (_, index) => {
  const light = index / 65_535;
  return Math.round(255 * (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : 12.92 * light));
});
