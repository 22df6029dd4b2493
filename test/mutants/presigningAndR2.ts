import type { Mutant } from "./mutant.ts";

const presigner = "packages/adapters/cloud/presigner.ts";
const r2 = "packages/adapters/cloud/r2.ts";

/** What a presigned URL binds, what a write confirms, and who may call. */
export const signing: Mutant[] = [
  {
    name: "the length of an upload is not signed",
    by: "test/api/presignedPut.test.ts > is signed over",
    file: presigner,
    find: '{ ...headers, "content-length": String(bytes) }',
    replace: "{ ...headers }",
  },
  {
    name: "the type of an upload is not signed",
    by: "test/api/presignedPut.test.ts > is signed over",
    file: presigner,
    find: 'const signedNames = [...uploadHeaders, "content-length"];',
    replace:
      'const signedNames = [...uploadHeaders.filter((name) => name !== "content-type"), "content-length"];',
  },
  {
    name: "the SHA-256 of an upload is not signed",
    by: "test/api/presignedPut.test.ts > is signed over",
    file: presigner,
    find: 'const signedNames = [...uploadHeaders, "content-length"];',
    replace:
      'const signedNames = [...uploadHeaders.filter((name) => name !== "x-amz-checksum-sha256"), "content-length"];',
  },
  {
    name: "if-none-match of an upload is not signed",
    by: "test/api/presignedPut.test.ts > is signed over",
    file: presigner,
    find: '{ ...headers, "content-length": String(bytes) }',
    replace:
      '{ "content-type": contentType, "x-amz-checksum-sha256": headers["x-amz-checksum-sha256"], "content-length": String(bytes) }',
  },
  {
    name: "the SHA-256 of an upload moves into the query",
    by: "test/api/presignedPut.test.ts > is signed over",
    file: presigner,
    find: "unhoistableHeaders: new Set(signedNames),",
    replace: "unhoistableHeaders: new Set<string>(),",
  },
  {
    name: "a presigned URL is valid twice as long",
    by: "test/api/presignUpload.test.ts > expires when its row says",
    file: presigner,
    find: "expiresIn: expiresInSeconds,",
    replace: "expiresIn: 2 * expiresInSeconds,",
  },
  {
    name: "a presigned URL outlives its row",
    by: "test/api/presignUpload.test.ts > expires when its row says",
    file: presigner,
    find: "        ...(validFrom && { signingDate: new Date(validFrom) }),\n",
    replace: "        ...(validFrom && { signingDate: new Date(Date.now() + 3_000) }),\n",
  },
  {
    name: "a stored object may be overwritten",
    by: "test/adapters/r2.test.ts > refuses other bytes",
    file: r2,
    find: '          IfNoneMatch: "*",\n',
    replace: "",
  },
  {
    name: "a write has no SHA-256",
    by: "test/adapters/r2.test.ts > do not match their SHA-256",
    file: r2,
    find: "          ChecksumSHA256,\n          IfNoneMatch",
    replace: "          IfNoneMatch",
  },
  {
    name: "public objects may not be cached",
    by: "test/adapters/r2.test.ts > serves a stored object",
    file: r2,
    find: "          CacheControl,\n",
    replace: "",
  },
  {
    name: "other bytes under a taken key count as stored",
    by: "test/adapters/r2.test.ts > refuses other bytes",
    file: r2,
    find: "if (!(await hasSameContent(Key, object, ChecksumSHA256)))",
    replace: "if (false)",
  },
  {
    name: "the same bytes under a taken key are an error",
    by: "test/adapters/r2.test.ts > accepts the same bytes",
    file: r2,
    find: "if (!(await hasSameContent(Key, object, ChecksumSHA256)))",
    replace: "if (true)",
  },
  {
    name: "the response of a write is not compared",
    by: "test/faults/alteredResponses.test.ts > a write that the bucket",
    file: r2,
    find: "if (!namesSameContent(response, object, ChecksumSHA256))",
    replace: "if (!response)",
  },
  {
    name: "the ETag of a write is not compared",
    by: "test/faults/alteredResponses.test.ts > a write that the bucket",
    file: "packages/adapters/cloud/etags.ts",
    find: "return form[1] === expectedForm[1] && ETag !== expectedForm[0];",
    replace: "return false;",
  },
  {
    name: "the SHA-256 that a write returns is not compared",
    by: "test/faults/alteredResponses.test.ts > a write that the bucket",
    file: r2,
    find: "if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== checksum) return false;",
    replace: "",
  },
  {
    name: "every error of a removal counts as removed",
    by: "test/workers/removalLeases.test.ts > cannot be looked up",
    file: r2,
    find: 'return ContentLength ?? 0;\n    } catch (error) {\n      if (isS3Error(error, "NotFound"))',
    replace: "return ContentLength ?? 0;\n    } catch (error) {\n      if (error)",
  },
  {
    name: "a longer object is read as if it ended at the declared size",
    file: r2,
    find: "const Range = `bytes=0-${maxBytes}`;",
    replace: "const Range = `bytes=0-${maxBytes - 1}`;",
    tests: ["test/api/completeUpload.test.ts", "test/faults/alteredResponses.test.ts"],
  },
  {
    name: "an object is compared by its length only",
    file: "packages/core/images/readObject.ts",
    find: "if (bytes.length === known.bytes && sha256 === known.sha256) return bytes;",
    replace: "if (bytes.length === known.bytes) return bytes;",
    tests: ["test/faults/alteredResponses.test.ts", "test/api/completeUpload.test.ts"],
  },
  {
    name: "an object that was read short is final at once",
    file: "packages/core/images/readObject.ts",
    find: "const maxReads = 3;",
    replace: "const maxReads = 1;",
    tests: ["test/faults/alteredResponses.test.ts"],
  },
  {
    name: "a short read that agrees with itself is final",
    file: "packages/core/images/readObject.ts",
    find: "if (reads.size === 1 && length === Math.min(size, known.bytes + 1))",
    replace: "if (reads.size === 1)",
    tests: ["test/faults/alteredResponses.test.ts"],
  },
  {
    name: "reads that differ are final",
    file: "packages/core/images/readObject.ts",
    find: "if (reads.size === 1 && length === Math.min(size, known.bytes + 1))",
    replace: "if (length === Math.min(size, known.bytes + 1))",
    tests: ["test/faults/alteredResponses.test.ts"],
  },
  {
    name: "the webhook accepts requests without its secret",
    by: "test/api/telegramWebhook.test.ts > rejects requests without",
    file: "functions/runtime/telegramWebhook.ts",
    find: 'if (!isEqual(event.headers["x-telegram-bot-api-secret-token"] ?? "", secret()))',
    replace: "if (!secret)",
  },
  {
    name: "the webhook's secret may be missing",
    by: "test/api/webhookSecret.test.ts > until one is set",
    file: "functions/services/telegram.ts",
    find: "  if (!secret) throw",
    replace: '  if (secret === "never") throw',
  },
  {
    name: "a prefix of the webhook's secret is enough",
    by: "test/api/telegramWebhook.test.ts > rejects requests without",
    file: "functions/runtime/telegramWebhook.ts",
    find: "timingSafeEqual(sha256(received), sha256(secret));",
    replace: "timingSafeEqual(sha256(received), sha256(secret.slice(0, received.length || 1)));",
  },
];
