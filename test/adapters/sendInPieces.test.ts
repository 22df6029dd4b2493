import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { sendInPieces } from "@keepsake/adapters/cloud/sendInPieces";
import { expect, test } from "vitest";

type Request = { body: Buffer | AsyncIterable<Uint8Array>; headers: Record<string, string> };

/** Resolves to the chunks of each attempt's body; the first attempts are answered with 503. */
async function attemptsOf(body: Buffer, failures = 0) {
  const attempts: Uint8Array[][] = [];
  const s3 = new S3Client({
    region: "auto",
    endpoint: "http://127.0.0.1:9",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    requestChecksumCalculation: "WHEN_REQUIRED",
    requestHandler: {
      async handle({ body: sent, headers }: Request) {
        expect(headers["content-length"]).toBe(String(body.length));
        const chunks: Uint8Array[] = [];
        if (Buffer.isBuffer(sent)) chunks.push(sent);
        else for await (const chunk of sent) chunks.push(chunk);
        attempts.push(chunks);
        const statusCode = attempts.length <= failures ? 503 : 200;
        return { response: { statusCode, headers: {}, body: Buffer.alloc(0) } };
      },
    },
  });
  sendInPieces(s3);
  const ContentLength = body.length;
  await s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: body, ContentLength }));
  return attempts;
}

test("a large body is written to the connection in pieces, all of it at each attempt", async () => {
  const body = Buffer.alloc(1_000_000, "0123456789");
  const attempts = await attemptsOf(body, 1);
  expect(attempts).toHaveLength(2);
  for (const chunks of attempts) {
    expect(chunks.map(({ length }) => length)).toEqual([262_144, 262_144, 262_144, 213_568]);
    expect(body.equals(Buffer.concat(chunks))).toBe(true);
  }
});

test("a small body is written at once", async () => {
  expect(await attemptsOf(Buffer.from("small"))).toEqual([[Buffer.from("small")]]);
});
