// @ts-check
/**
 * The process that decodes and encodes images: see ../processDecoder.ts. It does one job at a time, in the
 * order in which they arrive, and replies to each. Plain CommonJS that needs only sharp: SST copies this
 * folder beside a function's bundle as it is.
 *
 * @import { DecoderJob, DecoderReply, DecoderSteps, Encoding, WorkBounds } from "@keepsake/core/decoderJob"
 * @import { Message, SentJob } from "../processDecoder.ts"
 * @import { Sharp, SharpOptions } from "sharp"
 */
const { readSync, writeSync } = require("node:fs");
const sharp = require("sharp");
const { applyProfile, convertColours } = require("./colours.cjs");

const imagesPipe = 4;
/** From this size on a result goes through the pipe: smaller ones take less time as a part of the message. */
const pipedBytes = 1_048_576;
/** Kept for the next image: a new one of 8 MB takes 2 ms of CPU time. */
let imageBuffer = Buffer.alloc(0);

sharp.concurrency(1); // what a job takes is its own: no threads that idle or wait for each other
sharp.cache(false); // images are not decoded twice

// sharp works in other threads, and process.exit would wait for them
const end = () => process.kill(process.pid, "SIGKILL");
process.on("disconnect", end); // the parent has ended

process.on("message", async (/** @type {SentJob} */ job) => {
  const bytes = readBytes(job.length);
  const stopWatching = watch(job.bounds);
  const outcome = await run({ ...job, bytes }).then(
    (result) => takePicture(result),
    (error) => ({ error: String(error?.message ?? error), picture: undefined }),
  );
  stopWatching();
  const { picture, ...reply } = outcome;
  const sent = () => picture && writeBytes(picture);
  send({ ...reply, ...used(), memoryBytes: process.memoryUsage.rss() }, sent);
});
send("ready");

/**
 * Takes the encoded picture out of a result when it is large: it is sent after the reply.
 *
 * @param {DecoderReply} result
 */
function takePicture(result) {
  const picture = result.encode?.bytes;
  if (!result.encode || !picture || picture.length < pipedBytes) return { result };
  const encode = { ...result.encode, bytes: new Uint8Array(0) };
  return { result: { ...result, encode }, picture, piped: picture.length };
}

/**
 * Writes bytes to the pipe as the parent reads them.
 *
 * @param {Uint8Array} bytes
 */
function writeBytes(bytes) {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(imagesPipe, bytes, at);
  } catch {
    end(); // the parent has ended
  }
}

/**
 * Reads an image from its pipe, without a copy. The parent is sending it at this moment.
 *
 * @param {number} length in bytes
 */
function readBytes(length) {
  if (imageBuffer.length < length) imageBuffer = Buffer.allocUnsafeSlow(length);
  const bytes = imageBuffer.subarray(0, length);
  for (let read = 0; read < length; ) {
    const count = readSync(imagesPipe, bytes, read, length - read, null);
    if (count === 0) end(); // the parent has ended
    read += count;
  }
  return bytes;
}

/**
 * @param {Message} message
 * @param {() => void} sent called also when the parent has ended
 */
function send(message, sent = () => {}) {
  process.send?.(message, sent);
}

/**
 * Reports once that a job exceeds its bounds: the parent ends this process then. The event loop is free to
 * measure, because sharp decodes in other threads.
 *
 * @param {WorkBounds} bounds
 */
function watch({ cpuMs, memoryBytes }) {
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const exceeded =
      (user + system) / 1_000 > cpuMs
        ? "CPU time"
        : process.memoryUsage.rss() > memoryBytes
          ? "memory"
          : undefined;
    if (!exceeded) return;
    clearInterval(timer);
    send({ exceeded, ...used() });
  }, 20);
  return () => clearInterval(timer);
}

/** What this process has used so far: CPU time in milliseconds, and the most memory at once. */
function used() {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, peakBytes: process.resourceUsage().maxRSS * 1_024 };
}

/**
 * @param {DecoderJob} job
 * @returns {Promise<DecoderReply>}
 */
async function run({ bytes, accepts, steps }) {
  /** @type {(options?: SharpOptions) => Sharp} */
  const openFile = (options) =>
    sharp(bytes, {
      failOn: "warning",
      limitInputPixels: accepts.pixels, // sharp's own limit would let 256 megapixels through
      sequentialRead: true,
      ...options,
    });
  const metadata = await openFile().metadata();
  const { format, width, height, autoOrient, chromaSubsampling } = metadata;
  const header = { format, width, height };
  const accepted =
    format === accepts.format &&
    Math.min(width, height) >= accepts.minSidePx &&
    Math.max(width, height) <= accepts.sidePx &&
    width * height <= accepts.pixels;
  if (!accepted) return { header };

  const { convert, check, encode, fit, variants, placeholder } = steps;
  const converted = convert
    ? await convertColours(convert, openFile({ ignoreIcc: true }), metadata)
    : metadata.depth === "ushort" && metadata.hasProfile
      ? await applyProfile(openFile({ ignoreIcc: true }), metadata)
      : isDecodedWhole(format) && encode && variants && !encode.animated
        ? await rawPixels(openFile().autoOrient())
        : undefined;
  const open = (animated = false) => (converted ? converted() : openFile({ animated }));
  return {
    header,
    ...(check && { check: await decodeEveryPixel(openFile(), width, height, autoOrient) }),
    ...(encode && { encode: await encodeAs(encode, open(encode.animated), chromaSubsampling) }),
    ...(fit && { fit: await fitInto(fit, open()) }),
    ...((variants || placeholder) && (await makeSmaller(steps, open(), autoOrient.width))),
  };
}

/**
 * Whether a decoder holds the whole picture anyway: it is then decoded once for all that is made of it. The
 * others decode a few rows at a time.
 *
 * @param {string | undefined} format
 */
const isDecodedWhole = (format) => format === "webp" || format === "heif";

/**
 * Extracting the last row decodes every row before it without holding the picture in memory.
 *
 * @param {Sharp} picture
 * @param {number} width
 * @param {number} height
 * @param {{ width: number, height: number }} upright
 */
async function decodeEveryPixel(picture, width, height, upright) {
  await picture
    .extract({ left: 0, top: height - 1, width, height: 1 })
    .raw()
    .toBuffer();
  return { width: upright.width, height: upright.height };
}

/**
 * @param {Encoding} encoding
 * @param {Sharp} opened
 * @param {string | undefined} chromaSubsampling as the file has it
 */
function encodeAs(
  { format, quality, fullColour, lossless, effort, animated, sidePx },
  opened,
  chromaSubsampling,
) {
  const upright = animated ? opened : opened.autoOrient();
  const sized = sidePx ? inside(upright, sidePx) : upright;
  const picture = sized.toColourspace("srgb");
  if (format === "png") return encoded(picture.png());
  if (format === "webp") return encoded(picture.webp(defined({ quality, lossless, effort })));
  const isFull = fullColour || chromaSubsampling?.startsWith("4:4:4"); // 4:4:4:4 in CMYK
  const chroma = isFull ? "4:4:4" : "4:2:0";
  return encoded(picture.jpeg({ ...defined({ quality }), chromaSubsampling: chroma }));
}

/**
 * Decodes once, to the largest side; smaller pictures are made of that one.
 *
 * @param {{ sidesPx: number[], maxBytes: number }} fit
 * @param {Sharp} opened
 */
async function fitInto({ sidesPx, maxBytes }, opened) {
  const largest = await rawPixels(inside(opened.autoOrient(), sidesPx[0]));
  let fitted;
  for (const side of sidesPx) {
    fitted = await encoded(inside(largest(), side).png());
    if (fitted.bytes.length <= maxBytes) break;
  }
  return /** @type {NonNullable<typeof fitted>} */ (fitted);
}

/**
 * Decodes once, as small as the widest variant allows; all others are made of that one. The cubic kernel
 * looks as sharp as sharp's own and takes less time. Effort 0 takes 60 % of the CPU time of effort 2, and as
 * many decibels take 3 % more bytes of a photo, 14 % of an illustration.
 *
 * @param {Pick<DecoderSteps, "variants" | "placeholder">} wanted
 * @param {Sharp} opened
 * @param {number} width of the image
 */
async function makeSmaller({ variants: wanted, placeholder }, opened, width) {
  const narrower = (wanted?.widthsPx ?? []).filter((each) => each < width);
  const variants = [];
  let next = opened.autoOrient();
  for (const [index, each] of narrower.toSorted((a, b) => b - a).entries()) {
    const resized = next.resize({ width: each, kernel: "cubic" });
    const isLast = index === narrower.length - 1 && !placeholder;
    // the pixels are held only where more is made of them
    const open = isLast ? () => resized.toColourspace("srgb") : await rawPixels(resized);
    variants.unshift(await encoded(open().webp({ quality: 75, effort: 0 })));
    next = open();
  }
  if (!placeholder) {
    if (narrower.length === 0) await rawPixels(next);
    return { variants };
  }
  const side = placeholder.sidePx;
  const { data, info } = await next
    .resize({ width: side, height: side, fit: "inside" })
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { pixels: data, width: info.width, height: info.height };
  return { ...(wanted && { variants }), placeholder: pixels };
}

/**
 * @param {Sharp} picture
 * @param {number | undefined} side
 */
function inside(picture, side) {
  return picture.resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
}

/** @param {Sharp} picture */
async function encoded(picture) {
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.pageHeight ?? info.height };
}

/**
 * The pixels of a picture, to make several others of.
 *
 * @param {Sharp} picture
 */
async function rawPixels(picture) {
  const { data, info } = await picture
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return () => sharp(data, { raw: { width, height, channels } });
}

/**
 * Without the options that are undefined, which sharp rejects.
 *
 * @template {object} Options
 * @param {Options} options
 * @returns {{ [Name in keyof Options]?: NonNullable<Options[Name]> }}
 */
function defined(options) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return /** @type {any} */ (Object.fromEntries(given));
}
