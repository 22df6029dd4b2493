import { createHash } from "node:crypto";
import { IdempotencyKey } from "@keepsake/contract/api/idempotencyKey";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Route } from "@keepsake/contract/routes";
import type { Idempotency } from "@keepsake/core/requests/claimIdempotencyKey";
import type { HttpEvent } from "./httpMiddleware.ts";

/**
 * Keeps the body as it was sent, before it is parsed. `world.too_large` or `image.too_large` when it is over the
 * limit.
 */
export function keepRawBody(event: HttpEvent, creates: NonNullable<Route["creates"]>) {
  if (creates !== "dataset" && Buffer.byteLength(event.body ?? "") > maxBytes[creates])
    throw tooLarge[creates]();
  event.rawBody = event.body;
}

const maxBytes = { pieces: limits.pieces_body_bytes, image: limits.image_body_bytes };

const tooLarge = {
  pieces: () =>
    new AppError(
      "world.too_large",
      `A request takes ${limits.pieces_body_bytes} bytes: send the other pieces with POST /worlds/{world_id}/pieces`,
    ),
  image: () =>
    new AppError(
      "image.too_large",
      `A request takes an image of ${limits.sent_image_bytes} bytes: send a larger one with POST /uploads`,
    ),
};

/** From the `Idempotency-Key` header; undefined without one. Needs `keepRawBody` to have run. */
export function idempotencyOf(event: HttpEvent): Idempotency | undefined {
  const key = event.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (!IdempotencyKey().safeParse(key).success)
    throw new AppError(
      "input.invalid",
      "An Idempotency-Key is 1 to 255 printable ASCII characters",
    );
  const request = `${event.rawPath}\n${event.rawBody}`;
  return { key, requestSha256: createHash("sha256").update(request).digest("hex") };
}
