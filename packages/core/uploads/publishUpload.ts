import { AppError } from "@keepsake/contract/errors";
import type { UploadMessage } from "@keepsake/contract/messages";
import { bucketForVisibility } from "../images/bucketForVisibility.ts";
import * as images from "../images/images.sql.ts";
import * as objectKeys from "../images/objectKeys.ts";
import { publishImage } from "../images/publishImage.ts";
import { readObject } from "../images/readObject.ts";
import { rejectImage } from "../images/rejectImage.ts";
import { removePicture } from "../images/storePicture.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import type { Services } from "../ports.ts";
import type { OnOutcome, Outcome } from "../publishOutcome.ts";
import * as rows from "./uploads.sql.ts";

export type PublishingServices = Pick<
  Services,
  "sql" | "incoming" | "images" | "privateImages" | "decoder"
> & { onOutcome: OnOutcome<UploadMessage> };

/** `image` is the row as this call has written it; undefined when another one has finished it: read it again. */
type Publication = { image: images.ImageRow | undefined };

/**
 * Reads back what arrived for a pending upload, checks it and publishes a sanitized copy. Resolves to undefined
 * when nothing has arrived; otherwise the row is finished. Safe to repeat and to run twice at once. Throws
 * `upload.altered` or `image.*` for what can never be published, which the row has by then, and `RetryableError`
 * for what could not be read whole, decoded or stored.
 */
export async function publishUpload(
  services: PublishingServices,
  { image_id, owner_id, ...upload }: rows.Upload,
): Promise<Publication | undefined> {
  const { sql, incoming } = services;
  const report = (outcome: Outcome) => services.onOutcome({ upload_id: image_id }, outcome);
  const incomingKey = objectKeys.upload(image_id);
  const { bytes: size, source_sha256: sha256 } = upload;
  // R2 has compared the bytes with the declaration already; this does not rely on it
  const bytes = await readObject(incoming, { key: incomingKey, bytes: size, sha256 });
  if (!bytes) return undefined;
  if (bytes === "different") {
    // this attempt has stored nothing, but the one before may have
    if (await rejectImage(services, image_id, "upload.altered", altered, { storedNothing: 0 }))
      report({ status: "rejected", reason: "upload.altered" });
    throw new AppError("upload.altered", altered);
  }

  // before the first write: of an upload that was never attempted, nothing can be public
  if (!(await rows.countAttempt(sql, image_id))) return { image: undefined };
  const bucket = bucketForVisibility(services, upload.visibility);
  let image: images.PublishedImage;
  try {
    const target = { bucket, decoder: services.decoder };
    image = await publishImage(target, image_id, bytes, imageLimits, { incomingKey, sha256 });
  } catch (error) {
    if (error instanceof AppError)
      if (await rejectImage(services, image_id, error.code, error.message))
        report({ status: "rejected", reason: error.code, cause: error });
    throw error;
  }

  const published = await images.markPublished(sql, image_id, image);
  if (published) report({ status: "published" });
  else {
    // expired or deleted meanwhile; another call that published it wrote the very same object
    const current = await rows.find(sql, owner_id, image_id);
    if (current?.status !== "published") await removePicture(bucket, image.key);
  }
  return { image: published };
}

const altered = "The file is not the one that was declared: upload it again";
