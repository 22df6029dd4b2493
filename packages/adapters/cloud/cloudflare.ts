import type { Cdn } from "@keepsake/core/ports";

/** The `Cdn` link. `zoneId` is empty for r2.dev and local addresses, which have no cache to purge. */
export type CdnLink = { api: string; zoneId: string; apiToken: string };

/** Cloudflare's cache in front of the images bucket. A call gives up after 10 s. */
export function cloudflareCdn({ api, zoneId, apiToken }: CdnLink): Cdn {
  return {
    async purge(urls) {
      if (zoneId === "") return "not_configured";
      for (let start = 0; start < urls.length; start += urlsPerCall)
        if (!(await purgeBatch(urls.slice(start, start + urlsPerCall)))) return "failed";
      return "confirmed";
    },
  };

  async function purgeBatch(files: string[]): Promise<boolean> {
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
      return false; // `purge` reports it as failed
    }
  }
}

/** The limit that holds on every Cloudflare plan. */
const urlsPerCall = 30;
