import { production, r2Jurisdiction, r2Location } from "./settings.ts";

export const accountId = sst.cloudflare.DEFAULT_ACCOUNT_ID;

/** R2 requires lower case. Names are unique per account only, so they need no random suffix. */
export const prefix = `${$app.name}-${$app.stage}`.toLowerCase();

/** What every resource of a bucket names: none in the default jurisdiction, as before there was a setting. */
export const jurisdiction = r2Jurisdiction === "default" ? {} : { jurisdiction: r2Jurisdiction };

/** Uploads until they are checked: private, and the only bucket that presigned URLs write to. */
export const incomingBucket = createBucket("IncomingBucket", "incoming");

/** Published images that are public: written by functions only, never changed. */
export const imagesBucket = createBucket("ImagesBucket", "images");

/** Private images: no domain, and only presigned URLs of its owner's images read it. */
export const privateBucket = createBucket("PrivateBucket", "private");

function createBucket(id: string, name: string) {
  return new cloudflare.R2Bucket(
    id,
    {
      accountId,
      name: `${prefix}-${name}`,
      // a jurisdiction decides the place itself
      ...(r2Jurisdiction === "default" ? { location: r2Location } : jurisdiction),
    },
    {
      protect: production,
      retainOnDelete: production,
      // a hint, which counts when a bucket is created: the provider would replace one that lies elsewhere
      ignoreChanges: ["location"],
    },
  );
}
