import type { Input, Output } from "@keepsake/contract/api";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { imageBucket } from "../images/imageBucket.ts";
import * as images from "../images/images.sql.ts";
import * as objectKeys from "../images/objectKeys.ts";
import { presentImage } from "../images/presentImage.ts";
import { publishImage } from "../images/publishImage.ts";
import { removePicture } from "../images/publishPicture.ts";
import { readObject } from "../images/readObject.ts";
import { rejectImage } from "../images/rejectImage.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import type { Bucket, Services } from "../ports.ts";
import { RetryableError } from "../serviceErrors.ts";
import * as rows from "./uploads.sql.ts";

type Request = Input<"completeUpload"> & { owner_id: string };

/**
 * Reads an upload back, checks it and publishes a sanitized copy. Repeating it gives the same image, and so
 * do two calls at once. Throws `upload.not_received`, `upload.expired`, `upload.altered`, or `image.*` for
 * what can never be published, which is final; `service.unavailable` for what could not be read whole or
 * decoded in time.
 */
export async function completeUpload(
  services: Pick<
    Services,
    "sql" | "incoming" | "images" | "privateImages" | "privateUrls" | "decoder"
  >,
  request: Request,
): Promise<Output<"completeUpload">> {
  const { sql, incoming } = services;
  const { owner_id, upload_id } = request;
  const upload = await rows.find(sql, owner_id, upload_id);
  if (!upload) throw notFound();
  if (upload.status !== "pending") return finishedUpload(services, request, upload);
  if (upload.expired)
    throw new AppError("upload.expired", "This upload has expired: ask for a new one");

  const bytes = await readDeclared(incoming, request, upload);
  if (bytes === "different") {
    // this attempt has stored nothing, but the one before may have
    await rejectImage(services, upload_id, "upload.altered", altered, { storedNothing: 0 });
    throw new AppError("upload.altered", altered);
  }

  // before the first write: of an upload that was never attempted, nothing can be public
  if (!(await rows.countAttempt(sql, upload_id))) return currentUpload(services, request);
  const bucket = imageBucket(services, upload.visibility);
  let image: images.PublishedImage;
  try {
    const target = { bucket, decoder: services.decoder };
    const source = { incomingKey: objectKeys.upload(upload_id), sha256: upload.source_sha256 };
    image = await publishImage(target, upload_id, bytes, imageLimits, source);
  } catch (error) {
    if (error instanceof AppError)
      await rejectImage(services, upload_id, error.code, error.message);
    if (error instanceof RetryableError)
      throw unavailable(
        "The image could not be decoded or stored yet: complete the upload again",
        error,
      );
    throw error;
  }

  if (!(await images.markPublished(sql, upload_id, image))) {
    // expired or deleted meanwhile; another call that published it wrote the very same object
    const current = await rows.find(sql, owner_id, upload_id);
    if (current?.status !== "published") await removePicture(bucket, image.key);
  }
  return currentUpload(services, request);
}

/** The response for an upload that this call, or another one, has finished. */
async function currentUpload(
  services: Pick<Services, "sql" | "privateUrls">,
  request: Request,
): Promise<Output<"completeUpload">> {
  const current = await rows.find(services.sql, request.owner_id, request.upload_id);
  if (!current) throw notFound();
  return finishedUpload(services, request, current);
}

/**
 * The bytes of an upload, compared with what was declared; "different" when the object itself is another
 * one. R2 has compared them already; this does not rely on it.
 */
async function readDeclared(
  incoming: Bucket,
  { upload_id }: Request,
  { bytes, source_sha256: sha256 }: rows.Upload,
): Promise<Buffer | "different"> {
  try {
    const received = await readObject(incoming, {
      key: objectKeys.upload(upload_id),
      bytes,
      sha256,
    });
    if (received) return received;
  } catch (cause) {
    if (!(cause instanceof RetryableError)) throw cause;
    throw unavailable("The file could not be read back: complete the upload again", cause);
  }
  throw new AppError(
    "upload.not_received",
    "The file has not arrived: PUT it to the upload's URL first",
  );
}

const unavailable = (message: string, cause: RetryableError) =>
  new AppError("service.unavailable", message, { cause, retryAfterSeconds: 1 });

const altered = "The file is not the one that was declared: upload it again";

/** The response for an upload that is no longer pending: its image, or the error that ended it. */
async function finishedUpload(
  services: Pick<Services, "sql" | "privateUrls">,
  { owner_id, upload_id }: Request,
  { status, error, error_code, duplicate_of }: rows.Upload,
): Promise<Output<"completeUpload">> {
  if (status !== "published")
    throw new AppError(
      (error_code ?? "upload.expired") as ErrorCode,
      error ?? "This upload has expired: ask for a new one",
    );
  const image = await images.find(services.sql, owner_id, duplicate_of ?? upload_id);
  if (!image) throw notFound();
  return { image: await presentImage(services, image) };
}

const notFound = () =>
  new AppError("upload.not_found", "There is no such upload among yours: check the id");
