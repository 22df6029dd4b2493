import { deflateSync } from "node:zlib";
import type { PngOptions, Sharp } from "sharp";
import { latin1, uint32be } from "../../security/hostile/byteHelpers.ts";
import { adobeRgb, displayP3, gamma, profile, srgb } from "../iccProfiles.ts";
import { chunk, chunksOf, pngOf } from "../images.ts";
import { author, cutOut, photo, type RealFile, secret, xmp } from "./drawnPhotos.ts";

type Made = { name: string; bytes: Buffer; isKept: boolean; shown?: [number, number] };

const fileOf = ({ shown = [333, 251], ...made }: Made): RealFile => ({
  ...{ ...made, name: `PNG ${made.name}`, format: "png", isLossless: true, shown },
});

/** PNGs of editors, generators and screenshots: those that keep their pixels, and those that cannot. */
export async function realPngs(): Promise<RealFile[]> {
  return (await Promise.all([kinds(), palettes(), described(), coloured(), odd()])).flat();
}

const pictures: Record<string, (seed: string) => Promise<Sharp>> = {
  rgb: (seed) => photo(333, 251, seed),
  rgba: (seed) => cutOut(333, 251, seed),
  grey: async (seed) => (await photo(333, 251, seed)).toColourspace("b-w"),
  "rgb of 16 bits": async (seed) => (await photo(333, 251, seed)).toColourspace("rgb16"),
  "rgba of 16 bits": async (seed) => (await cutOut(333, 251, seed)).toColourspace("rgb16"),
  "grey of 16 bits": async (seed) => (await photo(333, 251, seed)).toColourspace("grey16"),
  "grey with alpha": async (seed) => (await cutOut(333, 251, seed)).toColourspace("b-w"),
};
const plain = ["rgb", "rgba", "grey"];

async function kinds() {
  const settings: Record<string, PngOptions> = {
    plain: {},
    "compressed most": { compressionLevel: 9, adaptiveFiltering: true },
    uncompressed: { compressionLevel: 0 },
    interlaced: { progressive: true },
  };
  return Promise.all(
    Object.entries(pictures).flatMap(([kind, picture]) =>
      Object.entries(settings).map(async ([how, options]) => {
        const bytes = await (await picture(kind)).png(options).toBuffer();
        const isKept = plain.includes(kind) && how !== "interlaced";
        return fileOf({ name: `${kind}, ${how}`, bytes, isKept });
      }),
    ),
  );
}

async function palettes() {
  const made = [2, 16, 100, 256].flatMap((colours) =>
    [false, true].map(async (isCutOut) => {
      const picture = await (isCutOut ? cutOut : photo)(333, 251, `${colours}`);
      const bytes = await picture.png({ palette: true, colours, effort: 1 }).toBuffer();
      const name = `of ${colours} colours${isCutOut ? ", transparent" : ""}`;
      return fileOf({ name, bytes, isKept: false });
    }),
  );
  return Promise.all(made);
}

/** A PNG with chunks after its header. */
async function withChunks(kind: string, ...chunks: Buffer[]) {
  const whole = chunksOf(await (await pictures[kind]!(kind)).png().toBuffer());
  const all = whole.map(({ type, data }) => chunk(type, data));
  return pngOf(...all.toSpliced(1, 0, ...chunks));
}

const text = latin1(`parameters\0a lighthouse, by ${secret}`);
const compressed = deflateSync(latin1(secret));

async function described() {
  const kinds: Record<string, Buffer[]> = {
    tEXt: [chunk("tEXt", text)],
    zTXt: [chunk("zTXt", Buffer.concat([latin1("Author\0\0"), compressed]))],
    iTXt: [chunk("iTXt", latin1(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`))],
    "tIME, pHYs and bKGD": [
      chunk("tIME", Buffer.from([7, 234, 7, 14, 12, 0, 0])),
      chunk("pHYs", Buffer.from([0, 0, 11, 19, 0, 0, 11, 19, 1])),
    ],
    "a chunk of an editor": [chunk("prVt", latin1(secret))],
    everything: [
      chunk("sRGB", Buffer.from([0])),
      chunk("tEXt", text),
      chunk("iTXt", latin1(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`)),
      chunk("tIME", Buffer.from([7, 234, 7, 14, 12, 0, 0])),
    ],
  };
  const made = Object.entries(kinds).flatMap(([name, chunks]) =>
    ["rgb", "rgba", "grey", "grey with alpha"].map(async (kind) =>
      fileOf({
        name: `${kind} with ${name}`,
        bytes: await withChunks(kind, ...chunks),
        isKept: plain.includes(kind),
      }),
    ),
  );
  const exif = photo(333, 251, "exif").then(async (picture) =>
    fileOf({
      name: "with EXIF",
      bytes: await picture.withExif(author).png().toBuffer(),
      isKept: true,
    }),
  );
  const followed = withChunks("rgb").then((whole) =>
    fileOf({
      name: "with data after its end",
      bytes: Buffer.concat([whole, latin1(secret)]),
      isKept: true,
    }),
  );
  return Promise.all([...made, exif, followed]);
}

async function coloured() {
  const iccp = (icc: Buffer) =>
    chunk("iCCP", Buffer.concat([latin1("a name\0\0"), deflateSync(icc)]));
  const kinds: [string, Buffer[], boolean][] = [
    ["sRGB", [chunk("sRGB", Buffer.from([0]))], true],
    ["the gamma of sRGB", [chunk("gAMA", uint32be(45_455))], true],
    ["a profile of sRGB", [iccp(profile(srgb, gamma(563)))], false],
    ["a profile of Display P3", [iccp(profile(displayP3, gamma(563)))], false],
    ["a profile of Adobe RGB", [iccp(profile(adobeRgb, gamma(563)))], false],
  ];
  return Promise.all(
    kinds.flatMap(([name, chunks, isKept]) =>
      ["rgb", "rgba"].map(async (kind) =>
        fileOf({ name: `${kind} in ${name}`, bytes: await withChunks(kind, ...chunks), isKept }),
      ),
    ),
  );
}

/** In colours that browsers show by other chunks than a profile; sharp does not read them. */
export async function pngsWithColours(): Promise<RealFile[]> {
  const gamma = (steps: number) => chunk("gAMA", uint32be(steps));
  const codes = (...data: number[]) => chunk("cICP", Buffer.from(data));
  const adobe = chunk(
    "cHRM",
    uint32be(...[31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]),
  );
  const iccp = chunk(
    "iCCP",
    Buffer.concat([latin1("P3\0\0"), deflateSync(profile(displayP3, gamma22))]),
  );
  const kinds: Record<string, Buffer[]> = {
    "gamma linear": [gamma(100_000)],
    "gamma of old Macs": [gamma(55_556)],
    "gamma and primaries of Adobe RGB": [gamma(45_455), adobe],
    "codes of Display P3": [codes(12, 13, 0, 1)],
    "codes of BT.2020": [codes(9, 14, 0, 1)],
    "codes of PQ": [codes(9, 16, 0, 1)],
    "codes of HLG": [codes(9, 18, 0, 1)],
    "codes of BT.709 before a profile": [codes(1, 1, 0, 1), iccp],
    "a profile": [iccp],
  };
  return Promise.all(
    Object.entries(kinds).flatMap(([name, chunks]) =>
      Object.keys(pictures)
        .filter((kind) => !(kind.startsWith("grey") && name.endsWith("profile")))
        .map(async (kind) =>
          fileOf({
            name: `${kind}, ${name}`,
            bytes: await withChunks(kind, ...chunks),
            isKept: false,
          }),
        ),
    ),
  );
}

const gamma22 = gamma(563);

async function odd() {
  const sizes: [number, number][] = [
    [16, 16],
    [17, 400],
    [321, 33],
    [1_000, 16],
  ];
  return Promise.all(
    sizes.map(async ([width, height]) =>
      fileOf({
        name: `of ${width} × ${height} px`,
        bytes: await (await photo(width, height)).png().toBuffer(),
        isKept: true,
        shown: [width, height],
      }),
    ),
  );
}
