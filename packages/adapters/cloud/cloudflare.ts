import type { Cdn } from "@keepsake/core/ports";

/** The `Cdn` link. Without a zone there is nothing to purge: r2.dev and local addresses have none. */
export type CdnLink = { api: string; zoneId: string; apiToken: string };

/** Cloudflare's cache in front of the images bucket. A call gives up after 10 s. */
export function cloudflareCdn({ api, zoneId, apiToken }: CdnLink): Cdn {
  return {
    async purge(urls) {
      if (zoneId === "") return "not_configured";
      for (let at = 0; at < urls.length; at += urlsPerCall)
        if (!(await forgets(urls.slice(at, at + urlsPerCall)))) return "failed";
      return "confirmed";
    },
  };

  async function forgets(files: string[]): Promise<boolean> {
    try {
      const response = await fetch(`${api}/zones/${zoneId}/purge_cache`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
        body: JSON.stringify({ files }),
        signal: AbortSignal.timeout(10_000),
      });
      const { success } = (await response.json()) as { success?: boolean };
      return response.ok && success === true;
    } catch {
      return false; // the receipt says so
    }
  }
}

/** What every plan of Cloudflare takes at once. */
const urlsPerCall = 30;
