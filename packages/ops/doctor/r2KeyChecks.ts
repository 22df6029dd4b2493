import { randomUUID } from "node:crypto";
import { type Check, CheckFailed, type Configuration, keysAdvice, webKeysAdvice } from "./check.ts";
import { newKey, type ProbeObjects, png, rejectionOf } from "./probeObjects.ts";

/** Which buckets each pair of R2 keys must not reach. */
export function r2KeyChecks(configuration: Configuration, probes: ProbeObjects): Check[] {
  const { images, otherBucket } = configuration;
  return [
    webKeys(probes, images.bucket),
    privateKeys(probes, configuration.private.bucket),
    otherBuckets(probes, "store", otherBucket),
    otherBuckets(probes, "web", otherBucket),
  ];
}

/** The keys that sign what browsers send must not reach public objects. */
function webKeys(probes: ProbeObjects, bucket: string): Check {
  return {
    subject: "The web keys",
    advice: webKeysAdvice,
    async run(signal) {
      const place = { bucket, keys: "web" } as const;
      const key = newKey();
      await probes.put("images", key, { body: png }, signal);
      const rejections = {
        write: await probes.putError(place, newKey(), { body: png }, signal),
        read: await rejectionOf(probes.get(place, key, signal)),
        list: await rejectionOf(probes.list(place, signal)),
        delete: await rejectionOf(probes.remove(place, key, signal)),
      };
      const operations = Object.entries(rejections);
      const accepted = operations.flatMap(([name, error]) => (error === undefined ? name : []));
      if (accepted.length > 0)
        throw new CheckFailed(
          `The web keys reach public objects: in ${bucket} they can ${accepted.join(", ")}`,
          "set R2WebAccessKeyId and R2WebSecretAccessKey to the keys of a token that writes the incoming bucket and reads the private one (docs/deploy.md)",
        );
      const other = operations.find(([, error]) => error !== "AccessDenied");
      if (other)
        throw new CheckFailed(
          `With the web keys, the request to ${other[0]} in ${bucket} fails with ${other[1]}, not AccessDenied`,
          webKeysAdvice,
        );
      return "images: the web keys cannot write, read, list or delete";
    },
  };
}

/** Presigned URLs must read private images, and nothing else may; the web keys must not change them. */
function privateKeys(probes: ProbeObjects, bucket: string): Check {
  return {
    subject: "Private images",
    advice: webKeysAdvice,
    async run(signal) {
      const place = { bucket, keys: "web" } as const;
      const key = newKey();
      await probes.put("private", key, { body: png }, signal);
      const status = await probes.privateGet(key, true, signal);
      if (status !== 200)
        throw new CheckFailed(
          `A presigned URL does not read ${bucket} (${status})`,
          "check R2WebAccessKeyId and R2WebSecretAccessKey, and let their token read this bucket (docs/deploy.md)",
        );
      if ((await probes.privateGet(key, false, signal)) === 200)
        throw new CheckFailed(
          `Anyone can read ${bucket} without a signature`,
          "remove its public access: it holds private images",
        );
      const rejections = {
        write: await probes.putError(place, newKey(), { body: png }, signal),
        delete: await rejectionOf(probes.remove(place, key, signal)),
      };
      const accepted = Object.entries(rejections).flatMap(([name, error]) =>
        error === undefined ? name : [],
      );
      if (accepted.length > 0)
        throw new CheckFailed(
          `The web keys can change private images: in ${bucket} they can ${accepted.join(", ")}`,
          "let their token only read this bucket (docs/deploy.md)",
        );
      return "private: presigned URLs read it, nothing else does, and the web keys cannot change it";
    },
  };
}

/** Leaked keys that reach every bucket would expose all of them. */
function otherBuckets(
  probes: ProbeObjects,
  keys: "store" | "web",
  otherBucket = `keepsake-doctor-${randomUUID()}`,
): Check {
  const advice = keys === "web" ? webKeysAdvice : keysAdvice;
  return {
    subject: `Other buckets and the ${keys} keys`,
    advice,
    async run(signal) {
      const place = { bucket: otherBucket, keys };
      const rejection = await probes.putError(place, newKey(), { body: png }, signal);
      if (rejection === undefined)
        throw new CheckFailed(
          `The ${keys} keys can also write to ${otherBucket}`,
          `restrict their token to ${keys === "web" ? "the incoming and the private bucket" : "the three buckets"} (docs/deploy.md)`,
        );
      if (rejection === "NoSuchBucket")
        return {
          mark: "--",
          text: `with the ${keys} keys a write to a bucket that does not exist is rejected; to test one of your other buckets: npm run doctor -- --other-bucket NAME`,
        };
      if (rejection === "AccessDenied") return `the ${keys} keys cannot write to another bucket`;
      throw new CheckFailed(
        `With the ${keys} keys, a write to another bucket fails with ${rejection}`,
        advice,
      );
    },
  };
}
