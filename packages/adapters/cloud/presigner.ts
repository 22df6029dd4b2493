import { formatUrl } from "@aws-sdk/core/util";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { limits } from "@keepsake/contract/limits";
import { type UploadHeader, uploadHeaders } from "@keepsake/contract/uploadTypesAndHeaders";
import type { PrivateUrls, UploadPresigner } from "@keepsake/core/ports";
import { HttpRequest } from "@smithy/core/protocols";
import type { R2Link } from "./r2.ts";
import { Sha256 } from "./sha256.ts";

/**
 * Presigns PUTs into one bucket with AWS's presigner and without the S3 client, whose middleware would take
 * three times as long as the signing. The signature covers one key, type, length and SHA-256; the PUT fails
 * when the key is taken.
 */
export function uploadPresigner(link: Omit<R2Link, "publicUrl">): UploadPresigner {
  const { presigner, requestFor } = signerOf(link);

  return {
    async presignPut(key, { contentType, bytes, sha256, expiresInSeconds, validFrom }) {
      // The headers that a page may set; browsers set host and content-length themselves.
      const headers: Record<UploadHeader, string> = {
        "content-type": contentType,
        "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
        "if-none-match": "*",
      };
      const signedNames = [...uploadHeaders, "content-length"];
      const request = requestFor("PUT", key, { ...headers, "content-length": String(bytes) });
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

/**
 * Presigns GETs of one bucket. A URL counts from the last full half hour, so that it stays the same and
 * browsers can cache what it reads; it is valid for an hour from then.
 */
export function downloadPresigner(link: Omit<R2Link, "publicUrl">): PrivateUrls {
  const { presigner, requestFor } = signerOf(link);
  const roundingMs = limits.private_url_rounding_seconds * 1_000;

  return {
    async presignGet(key) {
      const signed = await presigner.presign(requestFor("GET", key, {}), {
        expiresIn: limits.private_url_seconds,
        signingDate: new Date(Math.floor(Date.now() / roundingMs) * roundingMs),
      });
      return formatUrl(signed);
    },
  };
}

function signerOf({ endpoint, bucket, ...credentials }: Omit<R2Link, "publicUrl">) {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const root = `${pathname.replace(/\/$/, "")}/${bucket}`;
  return {
    presigner: new S3RequestPresigner({ region: "auto", credentials, sha256: Sha256 as never }),
    requestFor: (method: "GET" | "PUT", key: string, headers: Record<string, string>) =>
      new HttpRequest({
        method,
        protocol,
        hostname,
        ...(port && { port: Number(port) }),
        path: `${root}/${key}`,
        headers,
      }),
  };
}
