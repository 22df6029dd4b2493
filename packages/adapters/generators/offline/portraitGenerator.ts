import { Avatar, Style } from "@dicebear/core";
import lorelei from "@dicebear/styles/lorelei.json" with { type: "json" };
import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import type { PortraitGenerator } from "@keepsake/core/ports";
import sharp from "sharp";
import { themeKey } from "./characterWords.ts";
import { random } from "./seededRandom.ts";

/**
 * A portrait generator that draws without a network: "Lorelei" by Lisa Wischofsky (CC0 1.0), in colours that
 * fit the theme, as an opaque PNG of 512 × 512 pixels, about 30 KB.
 */
export function offlinePortraitGenerator(): PortraitGenerator {
  let style: Style<typeof lorelei> | undefined;

  return {
    async generate({ name }, { theme, seed, reference }) {
      if (reference) throw new PortraitGenerationError("no_references");
      // Style validates its whole definition, which takes 30 ms; an avatar then takes 1 ms.
      style ??= new Style(lorelei);
      const key = themeKey(theme);
      const avatar = new Avatar(style, {
        ...sharedOptions(),
        ...(palettes.get(key) ?? neutralPalette(key)),
        seed: JSON.stringify([name, key, seed]),
      });

      // The background is opaque: no alpha channel is needed. A palette would halve the file and take
      // several times as long.
      return sharp(Buffer.from(avatar.toString())).removeAlpha().png().toBuffer();
    },
  };
}

/** What all portraits share. Faces that drool, stick out a tongue or have hearts for eyes are left out. */
function sharedOptions() {
  const { eyes, eyebrows, mouth } = lorelei.components;
  return {
    size: 512,
    // Larger and lower, so that the neck ends at the edge and not in mid-air.
    scale: 1.12,
    translateY: 10,
    // From top to bottom; a radial gradient would make the file half as large again.
    backgroundColorFill: "linear",
    backgroundColorAngle: 90,
    backgroundColorOrder: "fixed",
    skinColor: ["#ffdfc4", "#f0c8a0", "#d9a06f", "#b07448", "#8a5635", "#5f3a26"],
    earringsColor: "#c9a227",
    eyebrowsVariant: without(eyebrows.variants, ["variant04"]),
    eyesVariant: without(eyes.variants, [
      "variant03",
      "variant05",
      "variant09",
      "variant13",
      "variant15",
      "variant18",
    ]),
    mouthVariant: without(mouth.variants, [
      "happy07",
      "happy08",
      "happy09",
      "happy12",
      "happy15",
      "happy16",
      "sad01",
      "sad06",
      "sad07",
      "sad08",
    ]),
  } as const;
}

function without<Variant extends string>(all: Record<Variant, unknown>, unwanted: Variant[]) {
  return (Object.keys(all) as Variant[]).filter((variant) => !unwanted.includes(variant));
}

type Palette = {
  /** Top and bottom. */
  backgroundColor: [string, string];
  hairColor: string[];
  /** In percent, like `glassesProbability`. */
  beardProbability?: number;
  glassesProbability?: number;
};

const palettes = new Map<string, Palette>([
  [
    "fantasy",
    {
      backgroundColor: ["#dcebc6", "#6f9a75"],
      hairColor: ["#231a15", "#4a2c1a", "#7d4a26", "#c9a05a", "#8c2f1d", "#d8d4c8", "#3f5d4a"],
      glassesProbability: 0,
    },
  ],
  [
    "norse",
    {
      backgroundColor: ["#e4edf0", "#7797a8"],
      hairColor: ["#2b1d14", "#5b3820", "#a5562a", "#c98a3d", "#e0c384", "#b9b4aa"],
      beardProbability: 12,
      glassesProbability: 0,
    },
  ],
  [
    "cyberpunk",
    {
      backgroundColor: ["#3c2a7d", "#d8489f"],
      hairColor: ["#15131f", "#00c8c8", "#f25fa8", "#e6e34b", "#eef0f7", "#7b5cff"],
      glassesProbability: 35,
    },
  ],
  [
    "steampunk",
    {
      backgroundColor: ["#f3dfae", "#a98546"],
      hairColor: ["#1f1a17", "#3f2516", "#6b3a1f", "#8f3b1f", "#8d8478", "#d9d2c3"],
      glassesProbability: 40,
    },
  ],
  [
    "post-apocalyptic",
    {
      backgroundColor: ["#e8b07a", "#8a4a35"],
      hairColor: ["#1d1815", "#3a2a1f", "#6e5236", "#b0884e", "#8a8378", "#c2a878"],
      glassesProbability: 10,
    },
  ],
]);

/** One of a few for a theme without colours of its own: always the same one for the same theme. */
function neutralPalette(key: string): Palette {
  const backgrounds: [string, string][] = [
    ["#cfe6e4", "#4f8f96"],
    ["#ddd8ee", "#7a6fa8"],
    ["#f6d9d5", "#b9707a"],
    ["#d6e0ef", "#5f7ba8"],
    ["#f1e6c8", "#b39a63"],
  ];
  return {
    backgroundColor: backgrounds[Math.floor(random(key)() * backgrounds.length)]!,
    hairColor: ["#1f1a17", "#4a2c1a", "#7d4a26", "#c9a05a", "#8c2f1d", "#b9b4aa"],
  };
}
