/** What a provider keeps of a picture. */
export type Picture = { id: string; createdAt: number };

/** Signs a text with the stand-in's key, in hex. */
type Sign = (text: string) => string;

type Provider = {
  host: string;
  /** How long a URL is valid, or a picture is kept where URLs have no signature. */
  validSeconds: number;
  path(picture: Picture): string;
  /** The parameters of a signed URL that is made at a time, in milliseconds; none where URLs have no signature. */
  query?(path: string, madeAt: number, sign: Sign): Record<string, string>;
  /** When a URL was made, by its parameters; undefined when its signature is wrong. */
  madeAt?(path: string, query: URLSearchParams, sign: Sign): number | undefined;
  /** The status for a URL that has expired. */
  expired: 403 | 404;
};

const hour = 3_600;
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** Hosts of pictures, whose URLs have the form of the real ones, sign as much as they do and end when they do. */
export const providers = {
  replicate: {
    host: "replicate.delivery",
    validSeconds: hour,
    path: ({ id }) => `/xezq/${id}/out-0.png`,
    expired: 404,
  },
  fal: {
    host: "v3.fal.media",
    validSeconds: hour,
    path: ({ id }) => `/files/b/${id}/output.png`,
    query: (path, at, sign) => ({ identity: `${at}.${sign(path + at)}` }),
    madeAt(path, query, sign) {
      const [at = "", signature] = query.get("identity")?.split(".") ?? [];
      return signature === sign(path + at) ? Number(at) : undefined;
    },
    expired: 403,
  },
  openai: {
    host: "oaidalleapiprodscus.blob.core.windows.net",
    validSeconds: 2 * hour,
    path: ({ id }) => `/private/org-7/user-9/img-${id}.png`,
    query: (path, at, sign) => ({
      ...{ st: iso(at), se: iso(at + 2 * hour * 1_000), sp: "r", sv: "2024-08-04", sr: "b" },
      ...{ rscd: "inline", rsct: "image/png", skoid: "8b33", sktid: "a48c", skt: iso(at) },
      ...{ ske: iso(at + 24 * hour * 1_000), sks: "b", skv: "2024-08-04" },
      sig: btoa(sign(path + iso(at))),
    }),
    madeAt(path, query, sign) {
      const at = query.get("st") ?? "";
      return query.get("sig") === btoa(sign(path + at)) ? Date.parse(at) : undefined;
    },
    expired: 403,
  },
  huggingFace: {
    host: "studio-portraits.hf.space",
    validSeconds: hour,
    path: ({ id }) => `/gradio_api/file=/tmp/gradio/${id}/image.png`,
    query: (path, at, sign) => ({ __sign: `${at}.${sign(path + at)}` }),
    madeAt(path, query, sign) {
      const [at = "", signature] = query.get("__sign")?.split(".") ?? [];
      return signature === sign(path + at) ? Number(at) : undefined;
    },
    expired: 404,
  },
  comfyDeploy: {
    host: "comfy-deploy-output.s3.us-east-2.amazonaws.com",
    validSeconds: hour,
    path: ({ id }) => `/outputs/runs/${id}/ComfyUI_00001_.png`,
    query: (path, at, sign) => ({
      ...{ "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": "AKIA/s3/aws4_request" },
      ...{ "X-Amz-Date": iso(at).replace(/[-:]/g, ""), "X-Amz-Expires": String(hour) },
      ...{ "X-Amz-SignedHeaders": "host", "X-Amz-Signature": sign(path + iso(at)) },
    }),
    madeAt(path, query, sign) {
      const date = query.get("X-Amz-Date") ?? "";
      const at = date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
      return query.get("X-Amz-Signature") === sign(path + at) ? Date.parse(at) : undefined;
    },
    expired: 403,
  },
  midjourney: {
    host: "cdn.midjourney.com",
    validSeconds: hour,
    path: ({ id }) => `/${id}/0_0.png`,
    expired: 404,
  },
  /** No real host: for trying it on a developer's machine, where real URLs go to the real hosts. */
  sample: {
    host: "images.provider.example",
    validSeconds: 600,
    path: ({ id }) => `/outputs/${id}.png`,
    query: (path, at, sign) => ({ made: String(at), signature: sign(path + at) }),
    madeAt(path, query, sign) {
      const at = query.get("made") ?? "";
      return query.get("signature") === sign(path + at) ? Number(at) : undefined;
    },
    expired: 403,
  },
} as const satisfies Record<string, Provider>;

export type ProviderName = keyof typeof providers;

/** The signed URL of a picture. */
export function urlOf(name: ProviderName, picture: Picture, now: number, sign: Sign): string {
  const provider: Provider = providers[name];
  const path = provider.path(picture);
  const query = new URLSearchParams(provider.query?.(path, now, sign));
  return `https://${provider.host}${path}${query.size > 0 ? `?${query}` : ""}`;
}

/** The status of a request for a picture: 200, or why its URL is not valid. */
export function statusOf(
  name: ProviderName,
  picture: Picture,
  { query, now, sign }: { query: URLSearchParams; now: number; sign: Sign },
): 200 | 403 | 404 {
  const { madeAt, path, validSeconds, expired }: Provider = providers[name];
  const since = madeAt ? madeAt(path(picture), query, sign) : picture.createdAt;
  if (since === undefined) return 403;
  return now < since + validSeconds * 1_000 ? 200 : expired;
}
