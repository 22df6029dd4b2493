import type { ErrorCode } from "./errors.ts";

export type ErrorMeaning = {
  meaning: string;
  /** What a program or its author does next. */
  advice: string;
  /**
   * Whether the request may be sent again. `changed`: the same request gets the same answer, a changed one may not.
   * `later`: the same request may succeed, after `retry-after` where the answer has one. `no`: nothing is left to do
   * with what the request names.
   */
  again: "changed" | "later" | "no";
};

/** What each error code means and what to do then: read by the OpenAPI document and by docs/errors.md. */
export const errorMeanings: Record<ErrorCode, ErrorMeaning> = {
  "body.malformed": {
    meaning: "The body is missing, or is not JSON in UTF-8.",
    advice: "Send a JSON body, encoded as UTF-8.",
    again: "changed",
  },
  "token.refused": {
    meaning: "The token or the service key is missing, expired, revoked, or not valid here.",
    advice: "Get a new token from your backend or your issuer; check the key in a backend.",
    again: "changed",
  },
  "webhook.refused": {
    meaning: "The request does not have the secret of the webhook.",
    advice:
      "Only Telegram calls this route. Register the webhook again with `npm run telegram:webhook`.",
    again: "changed",
  },
  "route.not_found": {
    meaning: "There is no such route.",
    advice: "Check the method and the path.",
    again: "changed",
  },
  "world.not_found": {
    meaning: "The caller has no such world.",
    advice: "Check the id and the owner; it may be deleted.",
    again: "changed",
  },
  "piece.not_found": {
    meaning: "The world has no such piece, or is not the caller's.",
    advice: "Check both ids and the owner.",
    again: "changed",
  },
  "portrait.not_found": {
    meaning: "The character has no such portrait that could be brought back.",
    advice: "List its portraits: a replaced one is erased after 24 hours, or with its image.",
    again: "changed",
  },
  "upload.not_found": {
    meaning: "The caller has no such upload.",
    advice: "Check the id and the owner; a cancelled upload is gone, so begin a new one.",
    again: "changed",
  },
  "image.not_found": {
    meaning: "The caller has no such image.",
    advice: "Check the id and the owner; it may be deleted.",
    again: "changed",
  },
  "erasure.not_found": {
    meaning: "The caller has no such erasure.",
    advice: "Check the id and the owner.",
    again: "changed",
  },
  "dataset.not_found": {
    meaning: "The caller has no such dataset.",
    advice: "Check the id and the owner; it may be deleted.",
    again: "changed",
  },
  "item.not_found": {
    meaning: "The dataset does not have the image that `after` names.",
    advice: "List its items again: the image may be deleted or taken out.",
    again: "changed",
  },
  "export.not_found": {
    meaning: "The caller has no such export.",
    advice: "Check the id and the owner; a deleted export is gone, and others are kept for a week.",
    again: "changed",
  },
  "idempotency_key.reused": {
    meaning: "The `Idempotency-Key` was sent with another request before.",
    advice: "Send a new key with a new request, and the same body with the same key.",
    again: "changed",
  },
  "world.full": {
    meaning: "The world has, or would have, more pieces or more text than a world may have.",
    advice: "Send less, or put it into another world; of one that has too much, delete pieces.",
    again: "changed",
  },
  "upload.not_received": {
    meaning: "The file has not arrived.",
    advice: "PUT it to the upload's URL, then complete the upload again.",
    again: "later",
  },
  "upload.refused": {
    meaning: "The storage did not accept the PUT. Only the typed client throws it.",
    advice: "Upload the file again: a new upload has a new URL.",
    again: "changed",
  },
  "upload.completed": {
    meaning: "The upload is published.",
    advice: "Delete its image instead.",
    again: "no",
  },
  "owner.full": {
    meaning: "The owner has stored all the bytes that one may store here.",
    advice: "Delete images first: `GET /me` shows usage and limits.",
    again: "changed",
  },
  "dataset.full": {
    meaning: "The dataset would have more images than a dataset may have.",
    advice: "Put the images into another dataset.",
    again: "changed",
  },
  "dataset.too_many": {
    meaning: "The caller has as many datasets as an owner may have.",
    advice: "Delete one first.",
    again: "changed",
  },
  "image.in_use": {
    meaning:
      "Portraits are made of the image, it is the picture of worlds, or it is in datasets: `details.worlds` and `details.datasets` have the caller's.",
    advice:
      "`force=true` deletes those portraits too, takes the picture from those worlds and the image out of those datasets; or change them first.",
    again: "changed",
  },
  "image.not_published": {
    meaning: "The caller has no such published image.",
    advice: "Check the id, and complete its upload first.",
    again: "changed",
  },
  "image.private": {
    meaning: "The image is private, and portraits and pictures of worlds are public.",
    advice: "Upload it again as a public image.",
    again: "changed",
  },
  "export.running": {
    meaning: "Another export of the caller is running: `details` names it.",
    advice: "Wait until it is ready, or delete it.",
    again: "later",
  },
  "upload.expired": {
    meaning: "The upload was not completed within an hour.",
    advice: "Begin a new upload.",
    again: "no",
  },
  "image.deleted": {
    meaning:
      "One of the images of an export was deleted, so its files were removed. Only the `error` of an export has it.",
    advice: "Start a new export.",
    again: "no",
  },
  "request.too_large": {
    meaning: "The request is over 6 MB. Only the typed client throws it.",
    advice: "Send less at once; upload a large image instead.",
    again: "changed",
  },
  "world.too_large": {
    meaning: "A request with pieces is over 5,500,000 bytes.",
    advice: "Send the pieces in several requests, or smaller portraits.",
    again: "changed",
  },
  "body.not_json": {
    meaning: "The content type is not JSON.",
    advice: "Send `content-type: application/json`.",
    again: "changed",
  },
  "owner.missing": {
    meaning:
      "A service key came without `keepsake-owner`, or that header is not percent-encoded UTF-8.",
    advice: "Name the user in `keepsake-owner`, encoded as by `encodeURIComponent`.",
    again: "changed",
  },
  "input.invalid": {
    meaning: "The request does not match its schema.",
    advice: "`details.issues` says where and why.",
    again: "changed",
  },
  "piece.not_a_character": {
    meaning: "Only a character has a portrait.",
    advice: "Name a piece of the type `character`.",
    again: "changed",
  },
  "upload.altered": {
    meaning: "The file is not the one that was declared.",
    advice: "Begin a new upload with the size, hash and type of this file.",
    again: "no",
  },
  "source.refused": {
    meaning: "The source is not a file of its platform, or a URL that may not be fetched.",
    advice: "The message says why. `GET /rehosts/hosts` lists the hosts of URLs.",
    again: "changed",
  },
  "source.too_large": {
    meaning: "The file is over 20,000,000 bytes.",
    advice: "Send a smaller file.",
    again: "no",
  },
  "source.gone": {
    meaning: "The platform no longer has the file, or its URL has expired.",
    advice: "Send a fresh URL of it; the same one is tried again after a minute.",
    again: "changed",
  },
  "image.not_base64": {
    meaning: "The image is not in standard base64 with padding.",
    advice: "Encode the bytes with the standard alphabet, padding, and no line breaks.",
    again: "changed",
  },
  "image.mislabelled": {
    meaning: "The image is of another type than its `data:` prefix says.",
    advice: "Correct the prefix, or leave it out.",
    again: "changed",
  },
  "image.unsupported": {
    meaning: "The image is no PNG, JPEG, WebP, AVIF or GIF.",
    advice: "Convert it to one of these.",
    again: "no",
  },
  "image.too_large": {
    meaning: "The image has too many bytes.",
    advice: "Send fewer bytes, or upload the file: `GET /me` shows the limits.",
    again: "no",
  },
  "image.bad_dimensions": {
    meaning: "A side of the image is too short or too long, or it has too many pixels.",
    advice: "Scale it: `details` has its size and the limit that it exceeds.",
    again: "no",
  },
  "image.damaged": {
    meaning: "The image is damaged or cut off.",
    advice: "Export or download the picture again, and send that file.",
    again: "no",
  },
  "image.too_complex": {
    meaning: "The image takes too much time or memory to decode.",
    advice: "Scale it down, or save it without animation or as another format.",
    again: "no",
  },
  "image.carries_data": {
    meaning: "The image holds another file, such as an archive.",
    advice: "Send another picture.",
    again: "no",
  },
  "dataset.empty": {
    meaning: "The dataset has no images.",
    advice: "Add images, then start the export.",
    again: "changed",
  },
  "dataset.control_missing": {
    meaning:
      "The layout `control` needs a control image for every image: `details` names those without.",
    advice: "Set their `control_image_id`, or take another layout.",
    again: "changed",
  },
  "reference.unsupported": {
    meaning: "The generator takes no reference images.",
    advice: "Leave `reference_image_id` out.",
    again: "changed",
  },
  "generation.refused": {
    meaning: "The generator refuses this prompt.",
    advice: "Change the prompt.",
    again: "changed",
  },
  "upload.too_many": {
    meaning: "Too many uploads or re-hosts of the caller are pending, or images being published.",
    advice: "Complete or cancel some, or wait.",
    again: "later",
  },
  "link.too_many": {
    meaning: "Too many links of the caller are neither used nor expired.",
    advice: "Use one of them, or wait.",
    again: "later",
  },
  "export.too_large": {
    meaning:
      "The zips of this export would have more than 20 GB together; those of everything more than 1 TB, or more images and worlds than one request can gather.",
    advice: "Give a smaller `size`, or export a dataset of fewer images.",
    again: "changed",
  },
  "export.too_many": {
    meaning: "The caller has started five exports of datasets, or of everything, in 24 hours.",
    advice: "Try again after `retry-after` seconds.",
    again: "later",
  },
  "generation.too_many": {
    meaning: "The caller has generated its characters of this hour.",
    advice: "Wait.",
    again: "later",
  },
  "generation.busy": { meaning: "The generator is busy.", advice: "Wait.", again: "later" },
  "server.failed": {
    meaning: "A bug, or a failure that is not known.",
    advice: "Try once more, then report the `request_id`.",
    again: "later",
  },
  "generation.failed": {
    meaning: "The generator failed.",
    advice: "Try again.",
    again: "later",
  },
  "export.failed": {
    meaning:
      "An export could not be written. Only the `error` of an export has it; its `message` says why.",
    advice: "Start a new export; take out an image that the message names.",
    again: "later",
  },
  "service.unavailable": {
    meaning: "A service that this needs does not answer.",
    advice: "Repeat the request.",
    again: "later",
  },
  "portrait.late": {
    meaning: "Portraits are still pending. Only the typed client throws it.",
    advice: "Get the world again later: the portraits follow.",
    again: "later",
  },
  "export.late": {
    meaning: "The export is still pending. Only the typed client throws it.",
    advice: "Get the export again later: its files follow.",
    again: "later",
  },
  "generation.late": {
    meaning: "The generator took too long.",
    advice: "Try again, or generate fewer characters at once.",
    again: "later",
  },
};

/** Errors of what is in front of the functions, whatever the route: JSON with `message` alone, without a code. */
export const answersInFront: Record<number, { meaning: string; advice: string }> = {
  413: {
    meaning: "The body is over 10 MB, or the whole request over 6 MB.",
    advice: "Send less at once; upload a large image instead.",
  },
  429: { meaning: "Too many requests at once.", advice: "Wait a second, and longer each time." },
  500: { meaning: "The function failed.", advice: "Try once more, then report the time." },
  503: {
    meaning: "The function did not answer in time, or too many run at once.",
    advice: "Wait a second, and longer each time.",
  },
};
