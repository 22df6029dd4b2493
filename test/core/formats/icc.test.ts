import { compactProfile, joinProfile } from "@keepsake/contract/icc/compactProfile";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { latin1, noise } from "../../security/hostile/byteHelpers.ts";
import {
  adobeRgb,
  displayP3,
  gamma,
  moved,
  parametric,
  profile,
  proPhoto,
  sampled,
  srgb,
  srgbCurve,
  srgbParameters,
  text,
  withProfile,
} from "../../support/iccProfiles.ts";

type Curves = Record<"rTRC" | "gTRC" | "bTRC", Buffer>;

describe("a colour profile", () => {
  test("of sRGB is dropped, however its curve is written", () => {
    const table = Array.from({ length: 1_024 }, (_, index) => srgbCurve(index / 1_023));
    for (const curve of [parametric(3, ...srgbParameters), sampled(table)])
      for (const error of [0, 0.0004, -0.0009])
        expect(compactProfile(profile(moved(srgb, error), curve))).toBe("srgb");
  });

  test("of another display becomes a compact one with its numbers, in four decimals", () => {
    for (const [colours, curve] of [
      [displayP3, parametric(3, ...srgbParameters)],
      [adobeRgb, gamma(563)],
      [adobeRgb, parametric(0, 2.2)],
      [proPhoto, gamma(461)],
      [moved(srgb, 0.002), gamma(563)],
    ] as const) {
      const compact = compactProfile(profile(colours, curve));
      const numbers = ["rXYZ", "gXYZ", "bXYZ"].map((name) => {
        const data = tagOf(Buffer.from(compact as Uint8Array), name);
        return [8, 12, 16].map((at) => data.readInt32BE(at) / 65_536);
      });
      for (const [index, number] of numbers.flat().entries())
        expect(Math.abs(number - colours.flat()[index]!)).toBeLessThan(0.00007);
      expect(compact!.length).toBeLessThan(400);
      expect(compactProfile(compact as Uint8Array)).toEqual(compact);
    }
  });

  test("loses its name, its maker and every other tag", () => {
    const secret = profile(displayP3, gamma(563), { cprt: text("secret"), prIv: text("secret") });
    expect(Buffer.from(compactProfile(secret) as Uint8Array).includes("secret")).toBe(false);
    const plain = profile(displayP3, gamma(563));
    expect(compactProfile(secret)).toEqual(compactProfile(plain));
  });

  test("shows the same colours after it was replaced", async () => {
    const raw = { width: 64, height: 64, channels: 3 as const };
    const jpeg = await sharp(noise("colours", 64 * 64 * 3), { raw })
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const shown = (icc: Buffer) => sharp(withProfile(jpeg, icc)).raw().toBuffer();
    for (const [colours, curve] of [
      [displayP3, parametric(3, ...srgbParameters)],
      [adobeRgb, gamma(563)],
      [moved(adobeRgb, 0.0019), parametric(3, ...srgbParameters)],
    ] as const) {
      const original = profile(colours, curve);
      const [before, after] = [
        await shown(original),
        await shown(Buffer.from(compactProfile(original) as Uint8Array)),
      ];
      expect(before.equals(await sharp(jpeg).raw().toBuffer())).toBe(false);
      expect(furthest(before, after)).toBeLessThanOrEqual(1);
    }
  });

  test("must be converted when it is not an RGB matrix of a display with one known curve", () => {
    const good = profile(displayP3, gamma(563));
    expect(compactProfile(good)).toBeDefined();
    const changed = (at: number, with_: string) => {
      const copy = Buffer.from(good);
      copy.write(with_, at, "latin1");
      return compactProfile(copy);
    };
    expect(changed(12, "prtr")).toBeUndefined();
    expect(changed(16, "CMYK")).toBeUndefined();
    expect(changed(16, "GRAY")).toBeUndefined();
    expect(changed(20, "Lab ")).toBeUndefined();
    expect(changed(36, "none")).toBeUndefined();
    expect(compactProfile(good.subarray(0, -1))).toBeUndefined();
    expect(compactProfile(Buffer.concat([good, Buffer.alloc(4)]))).toBeUndefined();
    for (const name of ["A2B0", "B2A1", "D2B3", "gamt", "cicp"])
      expect(compactProfile(profile(displayP3, gamma(563), { [name]: text("x") }))).toBeUndefined();
    expect(compactProfile(profile(moved(displayP3, 0.01), gamma(563)))).toBeUndefined();
    const steps = Array.from({ length: 256 }, (_, index) => (index < 128 ? 0 : 1));
    expect(compactProfile(profile(displayP3, sampled(steps)))).toBeUndefined();
    expect(compactProfile(profile(displayP3, gamma(255)))).toBeUndefined();
    expect(
      compactProfile(
        profile(displayP3, gamma(563), { gTRC: gamma(512) } satisfies Partial<Curves>),
      ),
    ).toBeUndefined();
    expect(compactProfile(latin1("not a profile"))).toBeUndefined();
  });

  test("with random changes never throws, and what replaces it is always compact and ours", () => {
    const bases = [profile(displayP3, gamma(563)), profile(srgb, parametric(3, ...srgbParameters))];
    const changes = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(1), changes, fc.option(fc.nat(600)), (index, changed, cutTo) => {
        const bytes = Buffer.from(bases[index]!.subarray(0, cutTo ?? undefined));
        for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
        const compact = compactProfile(bytes);
        if (compact === undefined || compact === "srgb") return;
        expect(compact.length).toBeLessThan(400);
        expect(compactProfile(compact)).toEqual(compact);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a profile in the segments of a JPEG", () => {
  const parts = [latin1("\x01\x03one "), latin1("\x02\x03two "), latin1("\x03\x03three")];

  test("is put together by their numbers", () => {
    for (const order of [parts, parts.toReversed()])
      expect(joinProfile(order)).toEqual(new Uint8Array(latin1("one two three")));
  });

  test("is rejected when one is missing, occurs twice, or has another count", () => {
    const [one, two, three] = parts as [Buffer, Buffer, Buffer];
    for (const wrong of [
      [one, two],
      [one, two, two],
      [one, two, three, three],
      [two, three],
      [one],
    ])
      expect(joinProfile(wrong)).toBeUndefined();
    expect(joinProfile([one, two, latin1("\x03\x04three")])).toBeUndefined();
    expect(joinProfile([latin1("\0\x01zero")])).toBeUndefined();
    expect(joinProfile([Buffer.alloc(0)])).toBeUndefined();
  });
});

function tagOf(bytes: Buffer, name: string): Buffer {
  const at = bytes.indexOf(name, 132);
  const from = bytes.readUInt32BE(at + 4);
  return bytes.subarray(from, from + bytes.readUInt32BE(at + 8));
}

const furthest = (one: Buffer, other: Buffer) =>
  one.reduce((max, value, at) => Math.max(max, Math.abs(value - other[at]!)), 0);
