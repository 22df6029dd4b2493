import { uploadHeaders } from "../packages/contract/uploads.ts";
import { secrets } from "./secrets.ts";
import { cloudflareZoneId, imagesDomain, production, webOrigins } from "./settings.ts";

const accountId = sst.cloudflare.DEFAULT_ACCOUNT_ID;
/** Where presigned URLs lead to. */
export const uploadsOrigin = `https://${accountId}.r2.cloudflarestorage.com`;
const access = {
  endpoint: uploadsOrigin,
  accessKeyId: secrets.r2AccessKeyId.value,
  secretAccessKey: secrets.r2SecretAccessKey.value,
};
/** R2 wants lower case. Names are the account's own, so they need no random end. */
const prefix = `${$app.name}-${$app.stage}`.toLowerCase();
const kept = { protect: production, retainOnDelete: production };
const aDay = 24 * 60 * 60;
const anHour = 60 * 60;

/**
 * Every published image: public, written by functions only, never changed. No location is given: R2
 * takes it as a hint, and the provider would replace a bucket that came to lie elsewhere.
 */
const imagesBucket = new cloudflare.R2Bucket(
  "ImagesBucket",
  { accountId, name: `${prefix}-images` },
  kept,
);

new cloudflare.R2BucketCors("ImagesCors", {
  accountId,
  bucketName: imagesBucket.name,
  rules: [
    {
      id: "read",
      allowed: { origins: webOrigins, methods: ["GET", "HEAD"] },
      maxAgeSeconds: anHour,
    },
  ],
});

export const images = new sst.Linkable("Images", {
  properties: {
    ...access,
    bucket: imagesBucket.name,
    publicUrl: $interpolate`https://${publicDomain()}`,
  },
});

/** The cache in front of the images bucket, which forgets what is erased. r2.dev has none. */
export const cdn = new sst.Linkable("Cdn", {
  properties: {
    api: "https://api.cloudflare.com/client/v4",
    zoneId: imagesDomain ? cloudflareZoneId : "",
    apiToken: secrets.cloudflarePurgeToken.value,
  },
});

/** What browsers send, until it is checked: private, and the only bucket a presigned URL reaches. */
const incomingBucket = new cloudflare.R2Bucket(
  "IncomingBucket",
  { accountId, name: `${prefix}-incoming` },
  kept,
);

new cloudflare.R2BucketCors("IncomingCors", {
  accountId,
  bucketName: incomingBucket.name,
  rules: [
    {
      id: "send",
      // each header by name: R2 does not take * for them
      allowed: {
        origins: webOrigins,
        methods: ["PUT"],
        headers: [...uploadHeaders],
      },
      maxAgeSeconds: anHour,
    },
  ],
});

/** A backstop: the sweep removes what was sent long before. */
new cloudflare.R2BucketLifecycle("IncomingLifecycle", {
  accountId,
  bucketName: incomingBucket.name,
  rules: [
    {
      id: "expire",
      enabled: true,
      conditions: { prefix: "" },
      deleteObjectsTransition: { condition: { type: "Age", maxAge: aDay } },
      abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: aDay } },
    },
  ],
});

export const incoming = new sst.Linkable("Incoming", {
  properties: { ...access, bucket: incomingBucket.name },
});

/** Our own host name; R2's r2.dev, which is rate limited and uncached, is for stages without one. */
function publicDomain() {
  const bucketName = imagesBucket.name;
  if (!imagesDomain)
    return new cloudflare.R2ManagedDomain("ImagesDevDomain", {
      accountId,
      bucketName,
      enabled: true,
    }).domain;
  return new cloudflare.R2CustomDomain("ImagesDomain", {
    accountId,
    bucketName,
    domain: imagesDomain,
    zoneId: cloudflareZoneId,
    enabled: true,
    minTls: "1.2",
  }).domain;
}
