"use client";
import type { Image as KeepsakeImage } from "@keepsake/client";
import Image from "next/image";

/** Next chooses among the copies that Keepsake made, and makes none itself: no `remotePatterns`, no work for your server. */
export function Picture({ image }: { image: KeepsakeImage }) {
  const { url, width, height, variants, alt, filename } = image;
  if (!url || !width || !height) return null; // not published yet
  const copies = [...variants, { url, width }];
  return (
    <Image
      src={url}
      unoptimized={variants.length === 0}
      loader={(asked) => copies.find((copy) => copy.width >= asked.width)?.url ?? url}
      width={160}
      height={Math.round((160 * height) / width)}
      alt={alt ?? filename ?? ""}
    />
  );
}
