import type { Cdn, PurgeBy } from "@keepsake/core/ports";

/** The `Cdn` link. `zoneId` is empty for r2.dev and local addresses, which have no cache to purge. */
export type CdnLink = {
  api: string;
  zoneId: string;
  apiToken: string;
  /** The zone's plan, which limits how often it is purged by prefix. An unknown one counts as `free`. */
  plan: string;
  /** The origins of web pages, separated by spaces: the cache holds a copy for each `Origin` header. */
  origins: string;
};

/**
 * Cloudflare's cache in front of the images bucket. It keeps copies by URL, query string and `Origin`, and
 * a purge by URL removes one of them; a purge by prefix removes those with a query string too, and is
 * limited to a few calls. A call gives up after 10 s. `onFailed` is called with the reason of each call that failed.
 */
export function cloudflareCdn(
  { api, zoneId, apiToken, plan, origins }: CdnLink,
  onFailed: (reason: unknown) => void = () => {},
): Cdn {
  const pages = origins.split(" ").filter((origin) => origin !== "");
  const limits = {
    url: Math.max(1, Math.floor(urlCallsPerMinute / (1 + pages.length))),
    prefix: prefixCallsPerMinute[plan] ?? prefixCallsPerMinute.free!,
  };
  const limit = (by: PurgeBy) => ({
    urls: urlsPerCall,
    perMinute: zoneId === "" ? Number.POSITIVE_INFINITY : limits[by],
  });

  return {
    limits: { url: limit("url"), prefix: limit("prefix") },

    async purge(urls, by = "url") {
      if (zoneId === "") return "not_configured";
      for (let start = 0; start < urls.length; start += urlsPerCall) {
        const bodies = bodiesOf(urls.slice(start, start + urlsPerCall), by);
        const purged = await Promise.all(bodies.map(send));
        if (purged.includes(false)) return "failed";
      }
      return "confirmed";
    },
  };

  /** Plain URLs and those with headers go in separate calls: the API documents them as separate forms. */
  function bodiesOf(urls: string[], by: PurgeBy): object[] {
    if (by === "prefix") return [{ prefixes: urls.map((url) => url.replace(/^https?:\/\//, "")) }];
    const forPages = pages.map((Origin) => urls.map((url) => ({ url, headers: { Origin } })));
    return [urls, ...forPages].map((files) => ({ files }));
  }

  async function send(body: object): Promise<boolean> {
    try {
      const response = await fetch(`${api}/zones/${zoneId}/purge_cache`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      const { success, errors = [] }: Answer = await response.json().catch(() => ({}));
      if (response.ok && success === true) return true;
      const codes = errors.map(({ code }) => code).join(", ");
      throw new Error(`Cloudflare answered ${response.status}, errors: ${codes || "none"}`);
    } catch (error) {
      onFailed(error);
      return false; // `purge` reports it as failed
    }
  }
}

/** The messages of errors may name what is purged; their codes are documented. */
type Answer = { success?: boolean; errors?: { code: number }[] };

/** URLs, or prefixes, in a call: the limit that holds on every Cloudflare plan. */
export const urlsPerCall = 30;

/**
 * Cloudflare limits purges by URL to 800 URLs a second and more, and the API as a whole to 1,200 calls in
 * 5 minutes. This leaves some of those for other uses of the API.
 */
const urlCallsPerMinute = 200;

/** Per account, as https://developers.cloudflare.com/cache/how-to/purge-cache/ states them. Bursts are not used. */
export const prefixCallsPerMinute: Record<string, number> = {
  free: 5,
  pro: 5 * 60,
  business: 10 * 60,
  enterprise: 50 * 60,
};
