/** Width and height of the photos that take turns, and the widths of their copies. */
export const shapes: [number, number][] = [
  [4_000, 3_000],
  [3_000, 4_000],
  [4_000, 2_250],
  [3_000, 3_000],
];
export const copies = [320, 960];

const anHourMs = 3_600_000;
const now = Date.now();

/** An image as the API gives it, from its place in the list, with addresses of its own. */
export function imageAt(index: number, cdn: string) {
  const shape = index % shapes.length;
  const [width, height] = shapes[shape]!;
  const image_id = `ffffffff-ffff-7000-8000-${String(1e12 - 1 - index)}`;
  const url = `${cdn}/images/${image_id}-${shape}`;
  return {
    ...{ image_id, platform: "web", visibility: "public", status: "published", width, height },
    url: `${url}.jpg`,
    ...{ content_type: "image/jpeg", bytes: 6_000_000, sha256: "0".repeat(64) },
    thumbhash: thumbhashes[index % thumbhashes.length],
    variants: copies.map((copy) => ({
      url: `${url}.w${copy}.webp`,
      width: copy,
      height: Math.round((copy * height) / width),
    })),
    ...{ rewritten: false, warnings: [], filename: nameOf(index), alt: null, caption: null },
    ...{ tags: [], error: null, created_at: new Date(now - index * anHourMs).toISOString() },
  };
}

/** The name of an image, from its place in the list. */
export const nameOf = (index: number) => `photo ${index}.jpg`;

const thumbhashes = Array.from({ length: 500 }, (_, index) => {
  const bytes = Buffer.from("1QcSHQRnh493V4dIh4eXh1h4kJUI", "base64");
  bytes[5] = index % 256;
  bytes[6] = index >> 8;
  return bytes.toString("base64");
});
