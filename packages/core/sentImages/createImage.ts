import { createHash } from "node:crypto";
import type { Input, Output } from "@keepsake/contract/api";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { RehostMessage } from "@keepsake/contract/messages";
import * as erasures from "../erasures/erasures.ts";
import { bucketForVisibility } from "../images/bucketForVisibility.ts";
import { displayName } from "../images/filename.ts";
import { imageNotFound } from "../images/imageErrors.ts";
import * as images from "../images/images.sql.ts";
import { presentImage } from "../images/presentImage.ts";
import { publishImage } from "../images/publishImage.ts";
import { rejectImage } from "../images/rejectImage.ts";
import { removePicture } from "../images/storePicture.ts";
import { decodeBase64 } from "../imaging/base64.ts";
import { imageLimits, validateHeader } from "../imaging/validateHeader.ts";
import { newId } from "../newId.ts";
import { ownerFull } from "../owners/storageQuota.ts";
import type { Services } from "../ports.ts";
import type { OnOutcome } from "../publishOutcome.ts";
import { claimIdempotencyKey, type Idempotency } from "../requests/claimIdempotencyKey.ts";
import * as requests from "../requests/idempotency.sql.ts";
import * as rows from "./createImage.sql.ts";

type CreatingServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "privateUrls" | "decoder" | "ownerBytes"
> & { onOutcome: OnOutcome<RehostMessage> };

type Request = Input<"createImage"> & {
  owner_id: string;
  idempotency?: Idempotency | undefined;
};

/**
 * Publishes an image whose bytes the request has, and resolves to it; with `reuse`, to the owner's published
 * image of the same bytes and visibility, if there is one. A repeat with the same idempotency key gets the same
 * image or the same rejection, and continues what an earlier attempt began. Throws `image.*` for what can never
 * be published, `owner.full` when the owner has stored all that it may, `upload.too_many` when too many images
 * of the owner are in flight, and `RetryableError` for what could not be decoded or stored yet.
 */
export async function createImage(
  services: CreatingServices,
  request: Request,
): Promise<Output<"createImage">> {
  const { sql } = services;
  const { owner_id, visibility = "public" } = request;
  const bytes = decodeImage(request.image_base64);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const begun = await begin(services, request, { bytes: bytes.length, sha256 });
  const { image_id, reused } = begun.made;
  const state =
    begun.state.status === "pending"
      ? await publish(services, { image_id, owner_id, visibility }, bytes, sha256)
      : begun.state;

  if (state?.status === "rejected") {
    const { error_code, error } = state;
    throw rejection(image_id, error_code as ErrorCode, error ?? "The image was rejected");
  }
  const image = await images.find(sql, owner_id, image_id);
  if (!image) throw imageNotFound();
  return { image: await presentImage(services, image), ...(reused && { reused }) };
}

/** The id is that of the event `image.rejected`; no route answers such an image. */
const rejection = (image_id: string, code: ErrorCode, message: string, cause?: unknown) =>
  new AppError(code, message, { details: { image_id }, cause });

/** The bytes of an image that was sent as base64, after its header was checked. */
function decodeImage(base64: string): Buffer {
  const { bytes, label } = decodeBase64(base64);
  validateHeader(bytes, { ...imageLimits, bytes: limits.sent_image_bytes }, label);
  return bytes;
}

type Made = { image_id: string; reused?: true };
type Begun = { made: Made; state: rows.ImageState };

/** Reserves the image, or finds the one of an earlier request with the same key. */
async function begin(
  services: CreatingServices,
  request: Request,
  sent: { bytes: number; sha256: string },
): Promise<Begun> {
  const { sql } = services;
  const { owner_id, idempotency, filename, reuse } = request;
  const { visibility = "public", keep_prompt = true } = request;
  const source_sha256 = sent.sha256;
  const [existing] = reuse
    ? await images.findBySource(sql, owner_id, { source_sha256, visibility })
    : [];
  const made: Made = existing
    ? { image_id: existing.image_id, reused: true }
    : { image_id: newId() };

  return sql.begin(async (tx) => {
    if (idempotency) {
      const claim = { owner_id, route: "createImage" as const, idempotency };
      const first = (await claimIdempotencyKey(tx, { ...claim, made: { result: made } }))?.result;
      if (first?.reused) return { made: first, state: rows.published };
      const state = first && (await rows.beginAgain(tx, owner_id, first.image_id, lifetime));
      if (state === "too_many") throw tooMany("This image is being published");
      if (state) return { made: first, state };
      if (first) {
        if (await erasures.isErased(tx, owner_id, `image:${first.image_id}`)) throw imageNotFound();
        // the earlier attempts were not finished, and what they left was removed
        await requests.replaceResult(tx, owner_id, idempotency.key, made);
      }
    }
    if (made.reused) return { made, state: rows.published };
    const { image_id } = made;
    const quota = { images: limits.images_in_flight, owner_bytes: services.ownerBytes };
    const about = { filename: displayName(filename), visibility, keep_prompt };
    const image = { image_id, owner_id, bytes: sent.bytes, source_sha256, ...about };
    const problem = await rows.reserve(tx, image, quota, lifetime);
    if (problem === "full") throw ownerFull(services.ownerBytes);
    if (problem === "too_many") throw tooMany(`${quota.images} of your images are being published`);
    return { made, state: rows.pending };
  });
}

const tooMany = (problem: string) =>
  new AppError("upload.too_many", `${problem}: repeat this request in a second`, {
    retryAfterSeconds: 1,
  });

const lifetime = limits.unfinished_image_seconds;

type Pending = { image_id: string; owner_id: string; visibility: "public" | "private" };

/**
 * Publishes a pending image, and resolves to what has become of it, by this attempt or by another one that met
 * it; undefined when it was deleted. Throws why it was rejected.
 */
async function publish(
  services: CreatingServices,
  { image_id, owner_id, visibility }: Pending,
  bytes: Buffer,
  sha256: string,
): Promise<rows.ImageState | undefined> {
  const { sql, decoder, onOutcome } = services;
  const bucket = bucketForVisibility(services, visibility);
  let image: images.PublishedImage;
  try {
    image = await publishImage({ bucket, decoder }, image_id, bytes, imageLimits, { sha256 });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message } = error;
    if (await rejectImage(services, image_id, code, message))
      onOutcome({ image_id }, { status: "rejected", reason: code, cause: error });
    throw rejection(image_id, code, message, error);
  }
  if (await images.markPublished(sql, image_id, image)) {
    onOutcome({ image_id }, { status: "published" });
    return rows.published;
  }
  // deleted or rejected meanwhile; another attempt that published it wrote the very same object
  const state = await rows.findState(sql, owner_id, image_id);
  if (state?.status !== "published") await removePicture(bucket, image.key);
  return state;
}
