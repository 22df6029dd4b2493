/** What may be uploaded, as a browser names it: lower case, without parameters. */
export const uploadTypes = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/avif",
  "image/gif",
] as const;
