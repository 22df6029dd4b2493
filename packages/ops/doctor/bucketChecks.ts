import { randomUUID } from "node:crypto";
import { type Check, CheckFailed, type Configuration, keysAdvice } from "./findings.ts";
import { newKey, otherBytes, type ProbeObjects, pauseBetweenWrites, png } from "./probeObjects.ts";

/** What R2 must do with objects, and which writes it must reject. */
export function bucketChecks(
  { otherBucket, isLocal }: Configuration,
  probes: ProbeObjects,
): Check[] {
  return [
    roundTrip(probes, "images"),
    roundTrip(probes, "incoming"),
    otherBuckets(probes, otherBucket),
    checksum(probes),
    writeOnce(probes, isLocal),
  ];
}

function roundTrip(probes: ProbeObjects, place: "images" | "incoming"): Check {
  return {
    subject: place,
    advice: keysAdvice,
    async run(signal) {
      const key = newKey();
      await probes.put(place, key, { body: png }, signal);
      const read = await probes.get(place, key, signal);
      await probes.remove(place, key, signal);
      const after = await probes.get(place, key, signal);
      if (!read?.equals(png) || after)
        throw new CheckFailed(
          `${place} does not ${after ? "delete" : "return"} what was written`,
          "check that the link's endpoint and bucket are those of R2",
        );
      return `${place}: writes, reads and deletes`;
    },
  };
}

/** Leaked keys that reach every bucket would expose all of them. */
function otherBuckets(
  probes: ProbeObjects,
  otherBucket = `keepsake-doctor-${randomUUID()}`,
): Check {
  return {
    subject: "Other buckets",
    advice: keysAdvice,
    async run(signal) {
      const place = { bucket: otherBucket };
      const rejection = await probes.putError(place, newKey(), { body: png }, signal);
      if (rejection === undefined)
        throw new CheckFailed(
          `The R2 keys can also write to ${otherBucket}`,
          "restrict them to the two buckets (docs/deploy.md)",
        );
      if (rejection === "NoSuchBucket")
        return {
          mark: "--",
          text: "a write to a bucket that does not exist is rejected; to test one of your other buckets: npm run doctor -- --other-bucket NAME",
        };
      if (rejection === "AccessDenied") return "the R2 keys cannot write to another bucket";
      throw new CheckFailed(`A write to another bucket fails with ${rejection}`, keysAdvice);
    },
  };
}

function checksum(probes: ProbeObjects): Check {
  return {
    subject: "A wrong SHA-256",
    advice: keysAdvice,
    async run(signal) {
      const content = { body: otherBytes, sha256: png };
      const rejection = await probes.putError("images", newKey(), content, signal);
      if (rejection !== "BadDigest")
        throw new CheckFailed(
          `images does not check the SHA-256 of a write (${rejection ?? "accepted"})`,
          "do not use this storage: nothing else confirms that an object is what was sent",
        );
      return "images: bytes with a wrong SHA-256 are rejected";
    },
  };
}

function writeOnce(probes: ProbeObjects, isLocal: boolean): Check {
  return {
    subject: "Writing once",
    advice: keysAdvice,
    async run(signal) {
      const key = newKey();
      await probes.put("images", key, { body: png }, signal);
      for (const time of ["second", "third"]) {
        await pauseBetweenWrites(isLocal, signal);
        const rejection = await probes.putError("images", key, { body: otherBytes }, signal);
        if (rejection !== "PreconditionFailed")
          throw new CheckFailed(
            `images accepts a ${time} write to a key that is taken (${rejection ?? "accepted"})`,
            "do not use this storage: published images could change under their URLs",
          );
      }
      return "images: a key can be written once; a second and a third write are rejected";
    },
  };
}
