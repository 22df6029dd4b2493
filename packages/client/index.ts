/** @public Everything that a page or a backend imports from `@keepsake/client`. */
export type * from "./apiTypes.ts";
/** @public */
export type { CallOptions, WaitOptions } from "./callOptions.ts";
/** @public */
export { type Client, createClient } from "./client.ts";
/** @public */
export { KeepsakeError } from "./keepsakeError.ts";
/** @public */
export { type PageTokenOptions, pageToken } from "./pageToken.ts";
/** @public */
export type { PublishedImage } from "./publishedImage.ts";
/** @public */
export { srcSet } from "./srcset.ts";
/** @public */
export type { CharacterEvent } from "./stream.ts";
/** @public */
export type { TransportOptions } from "./transport.ts";
/** @public */
export type { ImageOptions, UploadOptions } from "./upload.ts";
