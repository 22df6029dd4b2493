import { deadLetterSeconds } from "../packages/contract/queues.ts";
import { exposedUploadHeaders, uploadHeaders } from "../packages/contract/uploadTypesAndHeaders.ts";
import {
  accountId,
  imagesBucket,
  incomingBucket,
  jurisdiction,
  prefix,
  privateBucket,
} from "./buckets.ts";
import { storeKeys, webKeys } from "./r2Keys.ts";
import { secrets } from "./secrets.ts";
import {
  cloudflarePlan,
  cloudflareRules,
  cloudflareZoneId,
  imagesDomain,
  r2DevDomain,
  webOrigins,
} from "./settings.ts";

/** The origin of presigned URLs. */
export const uploadsOrigin = `https://${[accountId, ...Object.values(jurisdiction)].join(".")}.r2.cloudflarestorage.com`;
const storeAccess = { endpoint: uploadsOrigin, ...storeKeys };
const webAccess = { endpoint: uploadsOrigin, ...webKeys };
const anHour = 60 * 60;
const aDay = 24 * anHour;

new cloudflare.R2BucketCors("ImagesCors", {
  accountId,
  bucketName: imagesBucket.name,
  ...jurisdiction,
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
  ...jurisdiction,
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
  ...jurisdiction,
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

new cloudflare.R2BucketCors("PrivateCors", {
  accountId,
  bucketName: privateBucket.name,
  ...jurisdiction,
  rules: [
    {
      id: "read",
      allowed: { origins: webOrigins, methods: ["GET", "HEAD"] },
      maxAgeSeconds: anHour,
    },
  ],
});

/**
 * A safety net, since functions remove zips of exports a day after they are ready, and abort what they did not
 * finish. R2 applies a rule within 24 hours. Private images stay.
 */
new cloudflare.R2BucketLifecycle("PrivateLifecycle", {
  accountId,
  bucketName: privateBucket.name,
  ...jurisdiction,
  rules: [
    {
      id: "exports",
      enabled: true,
      conditions: { prefix: "exports/" },
      deleteObjectsTransition: { condition: { type: "Age", maxAge: 2 * aDay } },
    },
    {
      id: "unfinished",
      enabled: true,
      conditions: { prefix: "" },
      abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: aDay } },
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
  // declared in both cases: removing it from the code would leave r2.dev open
  const devDomain = new cloudflare.R2ManagedDomain("ImagesDevDomain", {
    accountId,
    bucketName,
    ...jurisdiction,
    enabled: !imagesDomain || r2DevDomain === "open",
  });
  if (!imagesDomain) return devDomain.domain;
  return new cloudflare.R2CustomDomain("ImagesDomain", {
    accountId,
    bucketName,
    ...jurisdiction,
    domain: imagesDomain,
    zoneId: cloudflareZoneId,
    enabled: true,
    minTls: "1.2",
  }).domain;
}
