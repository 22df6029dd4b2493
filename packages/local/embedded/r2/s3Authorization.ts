import type { IncomingHttpHeaders } from "node:http";
import {
  type Credentials,
  isSameSignature,
  parseAuthorization,
  signatureOf,
} from "../awsSignature.ts";
import { S3Error } from "./s3Error.ts";

/** A pair of keys and what it may do in each bucket: nothing in those not listed. Writing includes reading. */
export type KeyPair = Credentials & { access: Record<string, "read" | "write"> };

type S3Request = {
  method: string;
  bucket: string;
  url: URL;
  headers: IncomingHttpHeaders;
};

/**
 * The verified signature of a request. Throws S3's 403 when it is not the signature of its access key, or
 * the pair may not do what the request asks for. Undefined without a signature, or with an access key that
 * is not listed: the simulator refuses such a request.
 */
export function authorize(request: S3Request, pairs: KeyPair[]): Signature | undefined {
  const signature = signatureIn(request);
  const pair = pairs.find(({ accessKeyId }) => accessKeyId === signature?.accessKeyId);
  if (!signature || !pair) return undefined;

  if (!isSameSignature(sign(request, signature, pair), signature.signature))
    throw new S3Error(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.",
    );
  const isAllowed = (bucket: string, operation: "read" | "write") => {
    if (!Object.hasOwn(pair.access, bucket)) return false;
    return operation === "read" || pair.access[bucket] === "write";
  };
  const { method, bucket, headers } = request;
  const source = copySourceOf(headers);
  if (
    !isAllowed(bucket, method === "GET" || method === "HEAD" ? "read" : "write") ||
    (source !== undefined && !isAllowed(source, "read"))
  )
    throw new S3Error(403, "AccessDenied", "Access Denied");
  return signature;
}

/**
 * The path and the headers of an authorized request, signed for the simulator, which knows one pair only.
 * Everything that it checks of a signature stays: date, expiry, scope, signed headers and the body's hash.
 */
export function signAgain(request: S3Request, signature: Signature, simulator: Credentials) {
  const { url, headers } = request;
  const credential = [simulator.accessKeyId, ...signature.scope].join("/");
  if (signature.isPresigned) {
    const signed = new URL(url);
    signed.searchParams.set("X-Amz-Credential", credential);
    signed.searchParams.set(
      "X-Amz-Signature",
      sign({ ...request, url: signed }, signature, simulator),
    );
    return { path: signed.pathname + signed.search, headers };
  }
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signature.signedHeaders}, Signature=${sign(request, signature, simulator)}`;
  return { path: url.pathname + url.search, headers: { ...headers, authorization } };
}

type Signature = NonNullable<ReturnType<typeof signatureIn>>;

/** The signature of a request, in its Authorization header or else in its URL; undefined without one. */
function signatureIn({ url, headers }: S3Request) {
  if (headers.authorization !== undefined) {
    const parsed = parseAuthorization(headers);
    const date = `${headers["x-amz-date"] ?? headers.date}`;
    return parsed && { ...parsed, date, isPresigned: false };
  }
  const parameter = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? "";
  const [accessKeyId, ...scope] = parameter("Credential").split("/");
  return accessKeyId
    ? {
        accessKeyId,
        scope,
        signedHeaders: parameter("SignedHeaders"),
        signature: parameter("Signature"),
        date: parameter("Date"),
        isPresigned: true,
      }
    : undefined;
}

function sign(
  { method, url, headers }: S3Request,
  { isPresigned, ...signature }: Signature,
  { secretAccessKey }: Credentials,
) {
  const payloadHash = isPresigned ? "UNSIGNED-PAYLOAD" : `${headers["x-amz-content-sha256"]}`;
  const query = canonicalQuery(url, isPresigned);
  const signable = { method, path: url.pathname, query, headers, payloadHash, ...signature };
  return signatureOf(signable, secretAccessKey);
}

function canonicalQuery({ searchParams }: URL, isPresigned: boolean) {
  return [...searchParams]
    .filter(([name]) => !isPresigned || name !== "X-Amz-Signature")
    .map((pair) => pair.map(encode))
    .sort(([a, x], [b, y]) => (a === b ? compare(x!, y!) : compare(a!, b!)))
    .map((pair) => pair.join("="))
    .join("&");
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The bucket that a CopyObject or UploadPartCopy reads from; undefined for other requests. */
function copySourceOf(headers: IncomingHttpHeaders) {
  const source = headers["x-amz-copy-source"];
  if (source === undefined) return undefined;
  try {
    return decodeURIComponent(`${source}`).replace(/^\//, "").split("/")[0]!;
  } catch {
    throw new S3Error(400, "InvalidArgument", "copy source bucket name");
  }
}
