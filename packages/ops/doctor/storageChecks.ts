import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { type Check, type Configuration, type Finding, reasonOf, Wrong } from "./findings.ts";

/** What R2 must do, and what it must refuse. Each check writes objects of its own on the bench. */
export function storageChecks(configuration: Configuration, bench: Bench): Check[] {
  const { images, incoming, webOrigins, cdn, otherBucket, isLocal } = configuration;
  // R2 takes one write a second per key, and would answer 429 before it looks at the condition
  const pause = (signal: AbortSignal) => sleep(isLocal ? 0 : 1_100, undefined, { signal });

  return [
    ...(["images", "incoming"] as const).map((place) => roundTrip(bench, place)),
    outside(bench, otherBucket),
    {
      about: "A wrong SHA-256",
      advice: keysAdvice,
      async run(signal) {
        const key = newKey();
        const refusal = await bench.refusal("images", key, { body: otherPng, sha256: png }, signal);
        if (refusal !== "BadDigest")
          throw new Wrong(
            `images does not check the SHA-256 of what is written (${refusal ?? "accepted"})`,
            "do not use this storage: nothing else confirms that an object is what was sent",
          );
        return "images: bytes with a wrong SHA-256 are refused";
      },
    },
    {
      about: "Writing once",
      advice: keysAdvice,
      async run(signal) {
        const key = newKey();
        await bench.put("images", key, { body: png }, signal);
        for (const time of ["second", "third"]) {
          await pause(signal);
          const refusal = await bench.refusal("images", key, { body: otherPng }, signal);
          if (refusal !== "PreconditionFailed")
            throw new Wrong(
              `images takes a ${time} write under a key that is taken (${refusal ?? "accepted"})`,
              "do not use this storage: published images could change under their URLs",
            );
        }
        return "images: a key is written once; a second and a third write are refused";
      },
    },
    {
      about: "Presigned uploads",
      advice: keysAdvice,
      async run(signal) {
        const wrong = await bench.presignedPut(newKey(), { body: otherPng, sha256: png }, signal);
        const key = newKey();
        const right = await bench.presignedPut(key, { body: png }, signal);
        if (right !== 200)
          throw new Wrong(
            `incoming refuses the bytes that a presigned URL was made for (${right})`,
            "check R2AccessKeyId, R2SecretAccessKey and this machine's clock",
          );
        await pause(signal);
        const again = await bench.presignedPut(key, { body: png }, signal);
        if (wrong < 400 || again !== 412)
          throw new Wrong(
            `incoming takes by a presigned URL ${wrong < 400 ? "other bytes than promised" : "a second write"}`,
            "do not use this storage: whoever holds a URL could change an upload",
          );
        return "incoming: a presigned URL takes the promised bytes, once, and no others";
      },
    },
    ...webOrigins.map((origin) => preflight(bench, origin, true)),
    preflight(bench, "https://stranger.example", false),
    {
      about: `The public domain ${images.publicUrl}`,
      advice: "check the bucket's custom domain in Cloudflare, and the link Images",
      async run(signal) {
        const key = newKey();
        await bench.put("images", key, { body: png }, signal);
        const answer = await get(`${images.publicUrl}/${key}`, signal);
        const differing = Object.entries({
          status: [answer.status, 200],
          "content-type": [answer.headers.get("content-type"), "image/png"],
          "cache-control": [answer.headers.get("cache-control"), forEver],
          "content-length": [answer.headers.get("content-length"), String(png.length)],
          "the bytes": [sha256Of(Buffer.from(await answer.arrayBuffer())), sha256Of(png)],
        }).find(([, [is, should]]) => is !== should);
        if (differing) {
          const [what, [is, should]] = differing;
          throw new Wrong(
            `${images.publicUrl} answers with ${what} ${is}, not ${should}`,
            "let the domain serve the images bucket as it is, without rules that change answers",
          );
        }
        return `${images.publicUrl} serves what is written, with its type, length and for ever`;
      },
    },
    {
      about: "Privacy of incoming",
      advice: keysAdvice,
      async run(signal) {
        const key = newKey();
        await bench.put("incoming", key, { body: png }, signal);
        const unsigned = `${incoming.endpoint}/${incoming.bucket}/${key}`;
        for (const url of [`${images.publicUrl}/${key}`, unsigned]) {
          const answer = await get(url, signal);
          await answer.arrayBuffer();
          if (answer.ok)
            throw new Wrong(
              `incoming is public: ${new URL(url).origin} shows its objects to anybody`,
              "remove that domain from the incoming bucket: it holds what nobody has checked",
            );
        }
        return "incoming: not at the public domain, and not without a signature";
      },
    },
    {
      about: "The CDN's cache",
      advice: "check the link Cdn",
      async run() {
        const purged = await cdn.purge([`${images.publicUrl}/${newKey()}`]);
        if (purged === "failed")
          throw new Wrong(
            "Cloudflare does not purge",
            "set CloudflarePurgeToken to a token with Cache Purge on the zone (docs/deploy.md)",
          );
        if (purged === "confirmed") return "the CDN forgets what is erased";
        return { mark: "--", text: "no CDN zone is linked: nothing to purge" };
      },
    },
  ];
}

function roundTrip(bench: Bench, place: "images" | "incoming"): Check {
  return {
    about: place,
    advice: keysAdvice,
    async run(signal) {
      const key = newKey();
      await bench.put(place, key, { body: png }, signal);
      const read = await bench.get(place, key, signal);
      await bench.remove(place, key, signal);
      const after = await bench.get(place, key, signal);
      if (!read?.equals(png) || after)
        throw new Wrong(
          `${place} does not ${after ? "delete" : "give back"} what was written`,
          "check that the link's endpoint and bucket are R2's",
        );
      return `${place}: writes, reads and deletes`;
    },
  };
}

/** Keys that reach any bucket would lose all of them at once. */
function outside(bench: Bench, otherBucket = `keepsake-doctor-${randomUUID()}`): Check {
  return {
    about: "Other buckets",
    advice: keysAdvice,
    async run(signal) {
      const key = newKey();
      const place = { bucket: otherBucket };
      const refusal = await bench.refusal(place, key, { body: png }, signal);
      if (refusal === undefined)
        throw new Wrong(
          `The R2 keys also write to ${otherBucket}`,
          "narrow them to the two buckets (docs/deploy.md)",
        );
      if (refusal === "NoSuchBucket")
        return {
          mark: "--",
          text: "a bucket that nobody has is refused; to see that your others are: --other-bucket",
        };
      if (refusal === "AccessDenied") return "a bucket that is not ours is refused";
      throw new Wrong(`Another bucket answers with ${refusal}`, keysAdvice);
    },
  };
}

/** What a browser asks before it sends a file, for a page that may send one or for one that may not. */
function preflight(bench: Bench, origin: string, mayPut: boolean): Check {
  return {
    about: `CORS for ${origin}`,
    advice: keysAdvice,
    async run(signal) {
      const { url, headers } = await bench.presign(newKey(), png);
      const asked = Object.keys(headers);
      const answer = await fetch(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PUT",
          "access-control-request-headers": asked.sort().join(","),
        },
        signal,
      });
      await answer.arrayBuffer();
      const list = (name: string) =>
        (answer.headers.get(name) ?? "").split(",").map((item) => item.trim().toLowerCase());
      const allowed =
        answer.ok &&
        [origin, "*"].includes(answer.headers.get("access-control-allow-origin") ?? "") &&
        list("access-control-allow-methods").includes("put") &&
        asked.every((name) => list("access-control-allow-headers").includes(name));
      if (allowed && !mayPut)
        throw new Wrong(
          `incoming lets pages of any origin send files, such as ${origin}`,
          "list the origins in WEB_ORIGINS, without *, and deploy",
        );
      if (!allowed && mayPut)
        throw new Wrong(
          `incoming refuses files from pages of ${origin} (${answer.status})`,
          "put the origin in WEB_ORIGINS and deploy, or set WEB_ORIGINS here as deployed",
        );
      return mayPut
        ? `incoming: pages of ${origin} may send files`
        : "incoming: pages of other origins may not";
    },
  };
}

type Place = "images" | "incoming" | { bucket: string };
type Sending = { body: Buffer; sha256?: Buffer };
export type Bench = ReturnType<typeof startBench>;

/** Where checks write, under `doctor/` only; it remembers every object until that is gone again. */
export function startBench({ images, incoming }: Pick<Configuration, "images" | "incoming">) {
  const clients = { images: s3Client(images), incoming: s3Client(incoming) };
  const presigner = uploadPresigner(incoming);
  const left = new Map<string, { s3: S3Client; Bucket: string; Key: string }>();

  const bench = {
    async put(place: Place, key: string, { body, sha256 = body }: Sending, signal: AbortSignal) {
      const { s3, Bucket } = at(place);
      await remembering(place, key, () =>
        s3.send(
          new PutObjectCommand({
            Bucket,
            Key: key,
            Body: body,
            ContentLength: body.length,
            ContentType: "image/png",
            CacheControl: forEver,
            ChecksumSHA256: Buffer.from(sha256Of(sha256), "hex").toString("base64"),
            IfNoneMatch: "*",
          }),
          { abortSignal: signal },
        ),
      );
    },
    /** The name of the refusal that a write meets; undefined when it is accepted. */
    async refusal(place: Place, key: string, sending: Sending, signal: AbortSignal) {
      try {
        await bench.put(place, key, sending, signal);
        return undefined;
      } catch (error) {
        // these say nothing of the object: they would refuse every write
        if (!isRefused(error) || /Signature|InvalidAccessKey|Unauthorized/.test(error.name))
          throw error;
        return error.name;
      }
    },
    async get(place: Place, Key: string, signal: AbortSignal) {
      const { s3, Bucket } = at(place);
      try {
        const command = new GetObjectCommand({ Bucket, Key });
        const { Body } = await s3.send(command, { abortSignal: signal });
        return Buffer.from(await Body!.transformToByteArray());
      } catch (error) {
        if (isRefused(error) && error.name === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async remove(place: Place, Key: string, signal: AbortSignal) {
      const { s3, Bucket } = at(place);
      await s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal: signal });
    },
    presign: (key: string, promised: Buffer) =>
      presigner.presignPut(key, {
        contentType: "image/png",
        bytes: promised.length,
        sha256: sha256Of(promised),
        expiresInSeconds: 60,
      }),
    /** The status of a PUT by a presigned URL. */
    async presignedPut(key: string, { body, sha256 = body }: Sending, signal: AbortSignal) {
      const { url, headers } = await bench.presign(key, sha256);
      return remembering("incoming", key, async () => {
        const bytes = new Uint8Array(body);
        const answer = await fetch(url, { method: "PUT", headers, body: bytes, signal });
        await answer.arrayBuffer();
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 412)
          left.delete(`${incoming.bucket}/${key}`);
        return answer.status;
      });
    },
    /** Removes all that may still be there, and resolves to what it could not remove. */
    async clear(): Promise<Finding[]> {
      const findings = await Promise.all(
        [...left.values()].map(async ({ s3, Bucket, Key }): Promise<Finding[]> => {
          try {
            const abortSignal = AbortSignal.timeout(10_000);
            await s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal });
            return [];
          } catch (error) {
            const text = `${Key} may still be in ${Bucket} (${reasonOf(error)}): delete it by hand`;
            return [{ mark: "!!", text }];
          }
        }),
      );
      for (const s3 of Object.values(clients)) s3.destroy();
      return findings.flat();
    },
  };
  return bench;

  function at(place: Place) {
    if (typeof place === "object") return { s3: clients.images, Bucket: place.bucket };
    return { s3: clients[place], Bucket: (place === "images" ? images : incoming).bucket };
  }

  /** An object is remembered before it is written: the answer may get lost. */
  async function remembering<T>(place: Place, Key: string, write: () => Promise<T>): Promise<T> {
    const { s3, Bucket } = at(place);
    const name = `${Bucket}/${Key}`;
    const isNew = !left.has(name);
    left.set(name, { s3, Bucket, Key });
    try {
      return await write();
    } catch (error) {
      if (isNew && isRefused(error)) left.delete(name);
      throw error;
    }
  }
}

const isRefused = (error: unknown): error is S3ServiceException =>
  error instanceof S3ServiceException && (error.$metadata.httpStatusCode ?? 500) < 500;

/** Without an extension: Cloudflare's cache keeps nothing of it. */
const newKey = () => `doctor/${randomUUID()}`;

const get = (url: string, signal: AbortSignal) =>
  fetch(url, { headers: { "accept-encoding": "identity" }, redirect: "manual", signal });

const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const forEver = "public, max-age=31536000, immutable";
const keysAdvice =
  "check R2AccessKeyId, R2SecretAccessKey and the account they are of (docs/deploy.md)";

/** A PNG of one pixel, and other bytes of the same length. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const otherPng = Buffer.from(png.map((byte, index) => (index === 50 ? byte ^ 1 : byte)));
