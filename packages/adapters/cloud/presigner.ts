import { formatUrl } from "@aws-sdk/core/util";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { type UploadHeader, uploadHeaders } from "@keepsake/contract/uploads";
import type { UploadPresigner } from "@keepsake/core/ports";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import type { R2Link } from "./r2.ts";

/**
 * Presigns PUTs into one bucket with AWS's presigner and without the S3 client, whose middleware would take
 * three times as long as the signing. The signature covers one key, type, length and SHA-256; the PUT fails
 * when the key is taken.
 */
export function uploadPresigner(link: Omit<R2Link, "publicUrl">): UploadPresigner {
  const { endpoint, bucket, ...credentials } = link;
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const root = `${pathname.replace(/\/$/, "")}/${bucket}`;
  const presigner = new S3RequestPresigner({
    region: "auto",
    credentials,
    sha256: Hash.bind(null, "sha256") as never,
  });

  return {
    async presignPut(key, { contentType, bytes, sha256, expiresInSeconds, validFrom }) {
      // The headers that a page may set; browsers set host and content-length themselves.
      const headers: Record<UploadHeader, string> = {
        "content-type": contentType,
        "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
        "if-none-match": "*",
      };
      const signedNames = [...uploadHeaders, "content-length"];
      const request = new HttpRequest({
        method: "PUT",
        protocol,
        hostname,
        ...(port && { port: Number(port) }),
        path: `${root}/${key}`,
        headers: { ...headers, "content-length": String(bytes) },
      });
      const signed = await presigner.presign(request, {
        expiresIn: expiresInSeconds,
        ...(validFrom && { signingDate: new Date(validFrom) }),
        signableHeaders: new Set(["host", ...signedNames]), // content-type too, which it leaves out by default
        unhoistableHeaders: new Set(signedNames), // else x-amz-checksum-sha256 moves into the query
      });
      return { url: formatUrl(signed), headers };
    },
  };
}
