import { formatUrl } from "@aws-sdk/core/util";
import { type UploadHeader, uploadHeaders } from "@keepsake/contract/uploads";
import type { UploadPresigner } from "@keepsake/core/ports";
import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { R2Link } from "./r2.ts";

/**
 * Presigns PUTs into one bucket without the S3 client, whose middleware would cost three times the
 * signing. What is signed is all there is: one key, type, length and SHA-256, for a key not yet taken.
 */
export function uploadPresigner(link: Omit<R2Link, "publicUrl">): UploadPresigner {
  const { endpoint, bucket, ...credentials } = link;
  const { protocol, host, hostname, port, pathname } = new URL(endpoint);
  const root = `${pathname.replace(/\/$/, "")}/${bucket}`;
  const signer = new SignatureV4({
    service: "s3",
    region: "auto",
    credentials,
    sha256: Hash.bind(null, "sha256") as never,
    uriEscapePath: false, // S3 signs paths as they are
  });
  const sealed = { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };

  return {
    async presignPut(key, { contentType, bytes, sha256, expiresInSeconds }) {
      // What a browser may set; it sets host and content-length by itself.
      const headers: Record<UploadHeader, string> = {
        "content-type": contentType,
        "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
        "if-none-match": "*",
      };
      const names = [...uploadHeaders, "content-length"];
      const request = new HttpRequest({
        method: "PUT",
        protocol,
        hostname,
        ...(port && { port: Number(port) }),
        path: `${root}/${key}`,
        headers: { ...sealed, ...headers, "content-length": String(bytes) },
      });
      const signed = await signer.presign(request, {
        expiresIn: expiresInSeconds,
        signableHeaders: new Set(["host", ...names]),
        unhoistableHeaders: new Set(names),
      });
      return { url: formatUrl(signed), headers };
    },
  };
}
