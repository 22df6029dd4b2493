import type { BucketName } from "@keepsake/core/ports";
import { type Check, CheckFailed, type Configuration, keysAdvice } from "./check.ts";
import {
  newKey,
  otherBytes,
  type ProbeObjects,
  pauseBetweenWrites,
  png,
  rejectionOf,
} from "./probeObjects.ts";

/** What R2 must do with objects, and which writes it must reject. */
export function bucketChecks({ isLocal, images }: Configuration, probes: ProbeObjects): Check[] {
  return [
    roundTrip(probes, "images"),
    roundTrip(probes, "incoming"),
    roundTrip(probes, "private"),
    checksum(probes),
    writeOnce(probes, isLocal),
    copies(probes, { isLocal, images }),
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

/** Uploads that need no change are copied, if the link says that the store can do it. */
function copies(
  probes: ProbeObjects,
  { isLocal, images: { copiesFrom } }: Pick<Configuration, "isLocal" | "images">,
): Check {
  return {
    subject: "Copies of incoming objects",
    advice: keysAdvice,
    async run(signal) {
      if (!copiesFrom)
        return { mark: "--", text: "images: every upload is sent by a function, none is copied" };
      const [source, other, key] = [newKey(), newKey(), newKey()];
      await probes.put("incoming", source, { body: png }, signal);
      await probes.put("incoming", other, { body: otherBytes }, signal);
      await probes.copy(key, source, png, signal);
      await pauseBetweenWrites(isLocal, signal);
      const taken = await rejectionOf(probes.copy(key, other, otherBytes, signal));
      const changed = await rejectionOf(probes.copy(newKey(), source, otherBytes, signal));
      const stored = await probes.get("images", key, signal);
      const problems = [
        taken !== "PreconditionFailed" && `onto a key that is taken (${taken ?? "accepted"})`,
        changed !== "PreconditionFailed" && `of an object that changed (${changed ?? "accepted"})`,
        !stored?.equals(png) && "of other bytes than the source's",
      ].filter(Boolean);
      if (problems.length > 0)
        throw new CheckFailed(
          `images allows copies that must be rejected: ${problems.join(", ")}`,
          "do not use copies with this storage: remove copiesFrom from the links, or R2_COPIES on this machine",
        );
      return "images: incoming objects are copied, onto a free key only and only if they are unchanged";
    },
  };
}
