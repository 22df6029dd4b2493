import type { Input, Output } from "@keepsake/contract/api";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import * as images from "../images/images.sql.ts";
import { presentImage } from "../images/presentImage.ts";
import { RetryableError } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import { type PublishingServices, publishUpload } from "./publishUpload.ts";
import { uploadNotFound } from "./uploadErrors.ts";
import * as rows from "./uploads.sql.ts";

type Request = Input<"completeUpload"> & { owner_id: string };

/**
 * Publishes an upload, and resolves to its image. Repeating it gives the same image, and so do two calls at
 * once, or a call that meets the consumer of `UploadQueue`. What has arrived is published also after the
 * upload has expired. Throws `upload.not_received`, or `upload.expired` when it is too late for that;
 * `upload.altered` or `image.*` for what can never be published, which is final; `service.unavailable` for
 * what could not be read whole or decoded in time.
 */
export async function completeUpload(
  services: PublishingServices & Pick<Services, "privateUrls">,
  request: Request,
): Promise<Output<"completeUpload">> {
  const { sql } = services;
  const { owner_id, upload_id } = request;
  const upload = await rows.find(sql, owner_id, upload_id);
  if (!upload) throw uploadNotFound();
  if (upload.status !== "pending") return finishedUpload(services, upload);
  const publication = await publishOrExplain(services, upload);
  if (!publication) throw notArrived(upload);
  if (publication.image) return { image: await presentImage(services, publication.image) };

  const current = await rows.find(sql, owner_id, upload_id);
  if (!current) throw uploadNotFound();
  return finishedUpload(services, current);
}

async function publishOrExplain(services: PublishingServices, upload: rows.Upload) {
  try {
    return await publishUpload(services, upload);
  } catch (cause) {
    if (!(cause instanceof RetryableError)) throw cause;
    throw new AppError(
      "service.unavailable",
      "The image could not be read back, decoded or stored yet: complete the upload again",
      { cause, retryAfterSeconds: 1 },
    );
  }
}

const notArrived = ({ expired }: rows.Upload) =>
  expired
    ? new AppError("upload.expired", expiredText)
    : new AppError(
        "upload.not_received",
        "The file has not arrived: PUT it to the upload's URL first",
      );

const expiredText = "This upload has expired: ask for a new one";

/** The response for an upload that is no longer pending: its image, or the error that ended it. */
async function finishedUpload(
  services: Pick<Services, "sql" | "privateUrls">,
  { image_id, owner_id, status, error, error_code, duplicate_of }: rows.Upload,
): Promise<Output<"completeUpload">> {
  if (status === "failed" || status === "pending")
    throw new AppError(
      "service.unavailable",
      "The image could not be published although it was tried many times. The file is kept: complete the upload again later",
    );
  if (status !== "published")
    throw new AppError((error_code ?? "upload.expired") as ErrorCode, error ?? expiredText);
  const image = await images.find(services.sql, owner_id, duplicate_of ?? image_id);
  if (!image) throw uploadNotFound();
  return { image: await presentImage(services, image) };
}
