import { limits } from "@keepsake/contract/limits";
import { isAllowedHost } from "@keepsake/contract/rehostHosts";

/**
 * A URL that may be fetched: https, a host of the list, its default port and no credentials. Undefined for any
 * other text, and for what two parsers could read differently: backslashes, spaces and control characters.
 */
export function parseAllowedUrl(text: string, hosts: string[]): URL | undefined {
  if (text.length > limits.source_url_chars || ambiguous.test(text)) return undefined;
  const url = URL.parse(text);
  return url && isAllowedUrl(url, hosts) ? url : undefined;
}

/** Whether a URL that is parsed already, such as the target of a redirect, may be fetched. */
export const isAllowedUrl = (url: URL, hosts: string[]) =>
  url.protocol === "https:" &&
  url.port === "" &&
  url.username === "" &&
  url.password === "" &&
  isAllowedHost(url.hostname, hosts);

/**
 * Why a URL may not be fetched, as the end of a sentence about it. No part of the URL is in it, because parts may be
 * secret.
 */
export function urlProblem(text: string, hosts: string[]): string {
  const url = URL.parse(text);
  if (!/^https:/i.test(text)) return "does not begin with https://";
  if (!url) return "is not a valid one";
  if (url.username !== "" || url.password !== "") return "has credentials before its host";
  if (url.port !== "" || anyPort.test(text)) return "has a port";
  if (isAddress.test(url.hostname)) return "has an address in place of a host's name";
  if (!isAllowedHost(url.hostname, hosts)) return "is on a host that is not in the list";
  return "is too long, or has a character that programs read differently, such as a backslash or a space";
}

/** Also the default one, which a parsed URL does not have. */
const anyPort = /^https:\/\/[^/?#]*:\d*(?:[/?#]|$)/i;

/** A host in the form that a parser gives every IPv4 and IPv6 address. */
const isAddress = /^(?:\[|[\d.]+$)/;

/** An origin with nothing between `//` and the host, then ASCII without spaces and without a backslash. */
const ambiguous = /^(?!https:\/\/[a-z\d.-]+(?:[/?#]|$))|[^!-[\]-~]/i;

/**
 * What names a picture whatever its signature: the URL without the parameters that its host's signatures have,
 * and without a fragment, which is never sent. A signature is left out only where its parameters are known: at
 * any other host, a URL that is signed again is another picture.
 */
export function unsignedUrl(url: URL): string {
  const unsigned = new URL(url);
  unsigned.hash = "";
  const { parameters } = signatures.find(({ hosts }) => isAllowedHost(url.hostname, hosts)) ?? {};
  if (!parameters) return unsigned.href;
  // not with URLSearchParams, which would write the others anew
  const kept = unsigned.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !parameters.includes(nameOf(pair)));
  unsigned.search = kept.join("&");
  return unsigned.href;
}

/** The name of a query parameter, in lower case. */
const nameOf = (pair: string) => pair.split("=")[0]!.toLowerCase();

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and, before it, version 2. */
const aws = [
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "awsaccesskeyid",
  "expires",
  "signature",
  // what the SDKs sign with it, which changes headers only
  "x-amz-checksum-mode",
  "x-id",
];

/** https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas, and the account's own. */
const azure =
  "sv ss srt sr st se sp sip spr sig skoid sktid skt ske sks skv saoid suoid scid sdd ses si rscc rscd rsce rscl rsct";

/** The query parameters of signed URLs by host, in lower case. They say how long a URL is valid, not what it shows. */
const signatures: { hosts: string[]; parameters: string[] }[] = [
  // https://fal.ai/docs/platform-apis/v1/storage/files/sign
  { hosts: ["fal.media", "*.fal.media"], parameters: ["identity"] },
  // of a private Space
  { hosts: ["*.hf.space"], parameters: ["__sign"] },
  // OpenAI's images
  { hosts: ["*.blob.core.windows.net"], parameters: azure.split(" ") },
  // ComfyDeploy's, and buckets of an operator's own
  { hosts: ["*.amazonaws.com", "*.r2.cloudflarestorage.com"], parameters: aws },
  {
    hosts: ["*.cloudfront.net"],
    parameters: ["expires", "key-pair-id", "policy", "signature"],
  },
  // https://cloud.google.com/storage/docs/authentication/signatures
  {
    hosts: ["storage.googleapis.com", "*.storage.googleapis.com"],
    parameters: [...aws.map((name) => name.replace("x-amz-", "x-goog-")), "googleaccessid"],
  },
];
