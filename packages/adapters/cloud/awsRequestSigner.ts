import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "./sha256.ts";

/** The region and credentials that Lambda gives the function. */
export type Role = {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
};

/**
 * Signs POSTs to one URL of a service of AWS, without the service's client. Resolves to all headers to send
 * with the body.
 */
export function awsRequestSigner(service: string, endpoint: URL, role: Role) {
  const signer = new SignatureV4({ ...role, service, sha256: Sha256 as never });

  return async (headers: Record<string, string>, body: string) => {
    const { hostname, pathname: path, host } = endpoint;
    const request = { method: "POST", hostname, path, headers: { host, ...headers }, body };
    return (await signer.sign(new HttpRequest(request))).headers;
  };
}
