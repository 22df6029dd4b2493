import type { BucketName } from "@keepsake/core/ports";
import { type Check, CheckFailed, type Configuration, keysAdvice } from "./findings.ts";
import { newKey, otherBytes, type ProbeObjects, pauseBetweenWrites, png } from "./probeObjects.ts";

/** What R2 must do with objects, and which writes it must reject. */
export function bucketChecks({ isLocal }: Configuration, probes: ProbeObjects): Check[] {
  return [
    roundTrip(probes, "images"),
    roundTrip(probes, "incoming"),
    roundTrip(probes, "private"),
    checksum(probes),
    writeOnce(probes, isLocal),
  ];
}

function roundTrip(probes: ProbeObjects, place: BucketName): Check {
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
