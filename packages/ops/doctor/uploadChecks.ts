import { exposedUploadHeaders } from "@keepsake/contract/uploadTypesAndHeaders";
import {
  type Check,
  CheckFailed,
  type Configuration,
  type Finding,
  keysAdvice,
  webKeysAdvice,
} from "./check.ts";
import { newKey, otherBytes, type ProbeObjects, pauseBetweenWrites, png } from "./probeObjects.ts";

/** What `incoming` must accept from browsers, and what it must reject. */
export function uploadChecks(
  { incoming, webOrigins, isLocal }: Configuration,
  probes: ProbeObjects,
): Check[] {
  return [
    presignedPut(probes, isLocal),
    unsignedHeaders(probes, incoming),
    ...webOrigins.map((origin) => preflight(probes, origin, true)),
    preflight(probes, "https://other-origin.example", false),
  ];
}

function presignedPut(probes: ProbeObjects, isLocal: boolean): Check {
  return {
    subject: "Presigned uploads",
    advice: webKeysAdvice,
    async run(signal) {
      const wrongBytes = { body: otherBytes, sha256: png };
      const wrong = await probes.presignedPut(newKey(), wrongBytes, signal);
      const key = newKey();
      const right = await probes.presignedPut(key, { body: png }, signal);
      if (right !== 200)
        throw new CheckFailed(
          `incoming rejects the bytes that a presigned URL was made for (${right})`,
          "check R2WebAccessKeyId, R2WebSecretAccessKey and this machine's clock",
        );
      await pauseBetweenWrites(isLocal, signal);
      const again = await probes.presignedPut(key, { body: png }, signal);
      if (wrong < 400 || again !== 412)
        throw new CheckFailed(
          `incoming accepts ${wrong < 400 ? "bytes other than the declared ones" : "a second write"} through a presigned URL`,
          "do not use this storage: anyone who holds a URL could change an upload",
        );
      return "incoming: a presigned URL accepts the declared bytes, once, and no others";
    },
  };
}

/** S3 refuses `x-amz-*` headers that are not signed: they turn a PUT into another operation. */
function unsignedHeaders(
  probes: ProbeObjects,
  { endpoint, bucket }: Configuration["incoming"],
): Check {
  return {
    subject: "Headers that are not signed",
    advice: keysAdvice,
    async run(signal) {
      const source = newKey();
      await probes.put("incoming", source, { body: png }, signal);
      const putWith = async (name: string, value: string) => {
        const key = newKey();
        await probes.presignedPut(key, { body: otherBytes }, signal, { [name]: value });
        return key;
      };
      const copy = await putWith("x-amz-copy-source", `/${bucket}/${source}`);
      const shared = await putWith("x-amz-acl", "public-read");
      const described = await putWith("x-amz-meta-doctor", "unsigned");

      const copied = await probes.get("incoming", copy, signal);
      const anonymous = await fetch(`${endpoint}/${bucket}/${shared}`, { signal });
      await anonymous.arrayBuffer();
      const metadata = await probes.metadata("incoming", described, signal);
      const effects = [
        copied?.equals(png) && "CopyObject (x-amz-copy-source)",
        anonymous.ok && "an ACL (x-amz-acl)",
        Object.keys(metadata ?? {}).length > 0 && "metadata (x-amz-meta-*)",
      ].filter(Boolean);
      if (effects.length > 0)
        throw new CheckFailed(
          `A presigned URL of incoming allows what it does not sign: ${effects.join(", ")}`,
          "do not use this storage: the holder of a URL could copy another user's upload or publish one",
        );
      return "incoming: a presigned URL allows no CopyObject, ACL or metadata that it does not sign";
    },
  };
}

/**
 * The CORS request that a browser sends before an upload, for an allowed origin or for another one; and for an
 * allowed one the upload, whose response the page must be able to read.
 */
function preflight(probes: ProbeObjects, origin: string, mayPut: boolean): Check {
  return {
    subject: `CORS for ${origin}`,
    advice: keysAdvice,
    async run(signal) {
      const { url, headers } = await probes.presign(newKey(), png);
      const requested = Object.keys(headers);
      const response = await fetch(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PUT",
          "access-control-request-headers": requested.sort().join(","),
        },
        signal,
      });
      await response.arrayBuffer();
      const allowed =
        response.ok &&
        allowsOrigin(response, origin) &&
        list(response, "access-control-allow-methods").includes("put") &&
        requested.every((name) => list(response, "access-control-allow-headers").includes(name));
      if (allowed && !mayPut)
        throw new CheckFailed(
          `incoming accepts uploads from pages of any origin, such as ${origin}`,
          "list the allowed origins in WEB_ORIGINS, without *, and deploy",
        );
      if (!allowed && mayPut)
        throw new CheckFailed(
          `The CORS rule of the incoming bucket rejects uploads from ${origin} (${response.status})`,
          "add the origin to WEB_ORIGINS and deploy, or set WEB_ORIGINS here to the deployed value",
        );
      if (!mayPut) return "incoming: pages of other origins may not";
      return sendFromPage(probes, origin, signal);
    },
  };
}

/** Sends a file as a page does: without the ETag, widgets such as Uppy wait for ever at 100 %. */
async function sendFromPage(
  probes: ProbeObjects,
  origin: string,
  signal: AbortSignal,
): Promise<Finding | string> {
  const sent = await probes.presignedPutResponse(newKey(), { body: png }, signal, { origin });
  if (sent.status !== 200)
    return {
      mark: "--",
      text: `incoming: pages of ${origin} may send files, but this one was rejected (${sent.status})`,
    };
  if (!allowsOrigin(sent, origin))
    throw new CheckFailed(
      `incoming does not let pages of ${origin} read whether an upload succeeded`,
      "deploy: infra/bucketLinks.ts declares the bucket's CORS rule",
    );
  const hidden = exposedUploadHeaders.filter(
    (name) =>
      !sent.headers.has(name) ||
      !["*", name].some((each) => list(sent, "access-control-expose-headers").includes(each)),
  );
  if (hidden.length > 0)
    throw new CheckFailed(
      `incoming hides ${hidden.join(", ")} of an upload's response from pages of ${origin}`,
      "deploy: infra/bucketLinks.ts declares the bucket's CORS rule with exposeHeaders",
    );
  return `incoming: pages of ${origin} may upload files, and read the ETag`;
}

type WithHeaders = Pick<Response, "headers">;

const allowsOrigin = ({ headers }: WithHeaders, origin: string) =>
  [origin, "*"].includes(headers.get("access-control-allow-origin") ?? "");

const list = ({ headers }: WithHeaders, name: string) =>
  (headers.get(name) ?? "").split(",").map((item) => item.trim().toLowerCase());
