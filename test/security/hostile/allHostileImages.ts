import { animations } from "./animations.ts";
import { complex } from "./complexImages.ts";
import { gifs } from "./gifs.ts";
import type { HostileImage } from "./hostileImage.ts";
import { jpegs } from "./jpegs.ts";
import { orientations } from "./orientations.ts";
import { pngKinds } from "./pngBitDepths.ts";
import { pngs } from "./pngs.ts";
import { polyglots } from "./polyglots.ts";
import { truncated } from "./truncated.ts";
import { otherFormats } from "./unsupportedFiles.ts";
import { webps } from "./webps.ts";

/** Every hostile file. */
export const images: HostileImage[] = [
  ...[pngs, pngKinds, jpegs, orientations, gifs, webps, animations],
  ...[complex, otherFormats, polyglots, truncated],
].flat();
