import sharp from "sharp";

/** A WebP of this width, by the settings of Keepsake's own copies. */
export const smallerCopy = (image: Buffer, width: number) =>
  sharp(image)
    .autoOrient()
    .resize({ width, kernel: "cubic" })
    .webp({ quality: 75, effort: 0 })
    .toBuffer();
