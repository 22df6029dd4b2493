import { gifs } from "./gifs.ts";
import type { HostileImage } from "./hostileImage.ts";
import { jpegs } from "./jpegs.ts";
import { otherFormats } from "./otherFormats.ts";
import { pngs } from "./pngs.ts";
import { webps } from "./webps.ts";

/** Every hostile file. */
export const images: HostileImage[] = [...pngs, ...jpegs, ...gifs, ...webps, ...otherFormats];
