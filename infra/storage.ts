import { deadLetterSeconds } from "../packages/contract/queues.ts";
import { exposedUploadHeaders, uploadHeaders } from "../packages/contract/uploads.ts";
import { secrets } from "./secrets.ts";
import {
  cloudflarePlan,
  cloudflareRules,
  cloudflareZoneId,
  imagesDomain,
  production,
  webOrigins,
} from "./settings.ts";

const accountId = sst.cloudflare.DEFAULT_ACCOUNT_ID;
/** The origin of presigned URLs. */
export const uploadsOrigin = `https://${accountId}.r2.cloudflarestorage.com`;
const storeAccess = {
  endpoint: uploadsOrigin,
  accessKeyId: secrets.r2AccessKeyId.value,
  secretAccessKey: secrets.r2SecretAccessKey.value,
};
const webAccess = {
  endpoint: uploadsOrigin,
  accessKeyId: secrets.r2WebAccessKeyId.value,
  secretAccessKey: secrets.r2WebSecretAccessKey.value,
};
/** R2 requires lower case. Names are unique per account only, so they need no random suffix. */
const prefix = `${$app.name}-${$app.stage}`.toLowerCase();
const keptInProduction = { protect: production, retainOnDelete: production };
const anHour = 60 * 60;

/** Uploads until they are checked: private, and the only bucket that presigned URLs write to. */
const incomingBucket = new cloudflare.R2Bucket(
  "IncomingBucket",
  { accountId, name: `${prefix}-incoming` },
  keptInProduction,
);

/**
 * Every published image: public, written by functions only, never changed. No location is set: for R2
 * it is a hint only, and the provider would replace a bucket that R2 placed elsewhere.
 */
const imagesBucket = new cloudflare.R2Bucket(
  "ImagesBucket",
  { accountId, name: `${prefix}-images` },
  keptInProduction,
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
    ...storeAccess,
    bucket: imagesBucket.name,
    copiesFrom: incomingBucket.name,
    publicUrl: $interpolate`https://${publicDomain()}`,
  },
});

/** Purges erased images from the cache in front of the images bucket. r2.dev has no cache. */
export const cdn = new sst.Linkable("Cdn", {
  properties: {
    api: "https://api.cloudflare.com/client/v4",
    zoneId: imagesDomain ? cloudflareZoneId : "",
    apiToken: secrets.cloudflarePurgeToken.value,
    plan: cloudflarePlan,
    origins: webOrigins.join(" "),
  },
});

// R2 cannot store this header with an object
if (imagesDomain && cloudflareRules === "managed")
  new cloudflare.Ruleset("ImagesHeaders", {
    zoneId: cloudflareZoneId,
    name: `${prefix}-images-headers`,
    kind: "zone",
    phase: "http_response_headers_transform",
    rules: [
      {
        description: "Browsers show published images as images only",
        expression: `http.host eq "${imagesDomain}"`,
        action: "rewrite",
        actionParameters: {
          headers: { "x-content-type-options": { operation: "set", value: "nosniff" } },
        },
        enabled: true,
      },
    ],
  });

new cloudflare.R2BucketCors("IncomingCors", {
  accountId,
  bucketName: incomingBucket.name,
  rules: [
    {
      id: "send",
      // each header by name: R2 does not accept * here
      allowed: {
        origins: webOrigins,
        methods: ["PUT"],
        headers: [...uploadHeaders],
      },
      exposeHeaders: [...exposedUploadHeaders],
      maxAgeSeconds: anHour,
    },
  ],
});

/**
 * A safety net: the sweep removes uploads much earlier. What arrived is kept for as long as the messages about
 * it, so that an outage loses nothing.
 */
new cloudflare.R2BucketLifecycle("IncomingLifecycle", {
  accountId,
  bucketName: incomingBucket.name,
  rules: [
    {
      id: "expire",
      enabled: true,
      conditions: { prefix: "" },
      deleteObjectsTransition: { condition: { type: "Age", maxAge: deadLetterSeconds } },
      abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: deadLetterSeconds } },
    },
  ],
});

export const incoming = new sst.Linkable("Incoming", {
  properties: { ...storeAccess, bucket: incomingBucket.name },
});

/** The incoming bucket, for what presigns URLs for browsers: its keys reach no public object. */
export const incomingWeb = new sst.Linkable("IncomingWeb", {
  properties: { ...webAccess, bucket: incomingBucket.name },
});

/** Private images: no domain, and only presigned URLs of its owner's images read it. */
const privateBucket = new cloudflare.R2Bucket(
  "PrivateBucket",
  { accountId, name: `${prefix}-private` },
  keptInProduction,
);

new cloudflare.R2BucketCors("PrivateCors", {
  accountId,
  bucketName: privateBucket.name,
  rules: [
    {
      id: "read",
      allowed: { origins: webOrigins, methods: ["GET", "HEAD"] },
      maxAgeSeconds: anHour,
    },
  ],
});

export const privateImages = new sst.Linkable("Private", {
  properties: { ...storeAccess, bucket: privateBucket.name, copiesFrom: incomingBucket.name },
});

/** The private bucket, for what presigns URLs for browsers: its keys only read it. */
export const privateWeb = new sst.Linkable("PrivateWeb", {
  properties: { ...webAccess, bucket: privateBucket.name },
});

/** The configured host name, or r2.dev, which is rate limited and not cached. */
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
