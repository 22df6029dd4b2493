import { limits } from "@keepsake/contract/limits";
import { bucketForVisibility } from "@keepsake/core/images/bucketForVisibility";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import { bytesWithCopies, storeCopies } from "@keepsake/core/images/storePicture";
import { decode } from "@keepsake/core/imaging/runDecoder";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import { copySteps, toCopies } from "@keepsake/core/imaging/variants";
import type { Services } from "@keepsake/core/ports";
import pLimit from "p-limit";
import * as rows from "./variants.sql.ts";

type VariantServices = Pick<Services, "sql" | "images" | "privateImages" | "decoder">;

export type SkippedPicture = rows.OldPicture & { reason: string };
export type VariantCounts = { done: number; skipped: number };

const [narrowest] = limits.variant_widths_px;
const pageSize = 100;

/** How many published images and portraits have no smaller copies yet. */
export const countWithout = ({ sql }: Pick<Services, "sql">) => rows.count(sql, narrowest);

/**
 * Makes the smaller copies of every picture that an earlier release published. Pictures that are done are
 * not read again, so it may be stopped and started again.
 */
export async function addVariants(
  services: VariantServices,
  { onSkip, onProgress }: { onSkip(picture: SkippedPicture): void; onProgress(done: number): void },
): Promise<VariantCounts> {
  const concurrency = pLimit(4); // each holds a decoded picture
  const counts: VariantCounts = { done: 0, skipped: 0 };
  for (const kind of ["image", "portrait"] as const)
    for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
      const page = await rows.findAfter(services.sql, kind, { after, limit: pageSize, narrowest });
      if (page.length === 0) break;
      after = page.at(-1)!.id;
      await concurrency.map(page, async (picture) => {
        try {
          await addToPicture(services, picture);
          counts.done += 1;
        } catch (error) {
          counts.skipped += 1;
          onSkip({ ...picture, reason: error instanceof Error ? error.message : "unknown error" });
        }
      });
      onProgress(counts.done + counts.skipped);
    }
  return counts;
}

async function addToPicture(services: VariantServices, picture: rows.OldPicture) {
  const { sql, images, decoder } = services;
  const key = picture.kind === "image" ? picture.name : keyOf(picture.name, images);
  const bucket = bucketForVisibility(services, picture.visibility);
  const bytes = await bucket.get(key, limits.image_bytes);
  if (!bytes) throw new Error("Its object does not exist: npm run audit lists it");
  const steps = { check: true, ...copySteps } as const;
  const { check, ...pixels } = await decode(decoder, bytes, imageLimits, steps);
  const copies = toCopies(pixels, check);
  const sizes = await storeCopies({ bucket, decoder }, key, copies);
  const variants =
    picture.kind === "image"
      ? sizes
      : [
          ...sizes.map((size) => ({
            ...size,
            url: images.url(objectKeys.variant(key, size.width)),
          })),
          { ...check, url: picture.name },
        ];
  // replaced or deleted in the meantime: whatever did that erases every copy that there may be
  await rows.save(sql, picture, variants, bytesWithCopies(bytes.length, copies));
}

function keyOf(url: string, images: Services["images"]) {
  const base = images.url("");
  const key = url.slice(base.length);
  if (!url.startsWith(base) || !objectKeys.parse("images", key))
    throw new Error(`Its URL is not one of ${base}`);
  return key;
}
