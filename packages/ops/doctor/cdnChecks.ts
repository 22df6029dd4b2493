import { type Check, CheckFailed, type Configuration, type Finding, keysAdvice } from "./check.ts";
import { cacheControl, newKey, type ProbeObjects, png, sha256Of } from "./probeObjects.ts";

/** What the public domain must serve, and what no one may read. */
export function cdnChecks(configuration: Configuration, probes: ProbeObjects): Check[] {
  return [
    publicDomain(configuration, probes),
    privacy(configuration, probes),
    purging(configuration),
  ];
}

function publicDomain({ images: { publicUrl } }: Configuration, probes: ProbeObjects): Check {
  return {
    subject: `The public domain ${publicUrl}`,
    advice: "check the bucket's custom domain in Cloudflare, and the link Images",
    async run(signal) {
      const key = newKey();
      await probes.put("images", key, { body: png }, signal);
      const response = await get(`${publicUrl}/${key}`, signal);
      const difference = Object.entries({
        status: [response.status, 200],
        "content-type": [response.headers.get("content-type"), "image/png"],
        "cache-control": [response.headers.get("cache-control"), cacheControl],
        "content-length": [response.headers.get("content-length"), String(png.length)],
        "SHA-256": [sha256Of(Buffer.from(await response.arrayBuffer())), sha256Of(png)],
      }).find(([, [actual, expected]]) => actual !== expected);
      if (difference) {
        const [what, [actual, expected]] = difference;
        throw new CheckFailed(
          `${publicUrl} responds with ${what} ${actual}, not ${expected}`,
          "let the domain serve the images bucket as it is, without rules that change responses",
        );
      }
      if (response.headers.get("x-content-type-options") !== "nosniff")
        return noSniffRule(publicUrl);
      return `${publicUrl} serves what is written, with its type, length and nosniff, cacheable for a year`;
    },
  };
}

/** R2 cannot store this header with an object: a rule of the Cloudflare zone adds it. */
function noSniffRule(publicUrl: string): Finding {
  const { hostname } = new URL(publicUrl);
  const missing = `${publicUrl} does not send x-content-type-options: nosniff`;
  if (hostname.endsWith(".r2.dev"))
    return { mark: "--", text: `${missing}: r2.dev has no rules, only a domain of your own does` };
  throw new CheckFailed(
    missing,
    `add a Response Header Transform Rule in Cloudflare: when http.host eq "${hostname}", set static x-content-type-options to nosniff (docs/deploy.md)`,
  );
}

function privacy({ images, incoming }: Configuration, probes: ProbeObjects): Check {
  return {
    subject: "Privacy of incoming",
    advice: keysAdvice,
    async run(signal) {
      const key = newKey();
      await probes.put("incoming", key, { body: png }, signal);
      const unsigned = `${incoming.endpoint}/${incoming.bucket}/${key}`;
      for (const url of [`${images.publicUrl}/${key}`, unsigned]) {
        const response = await get(url, signal);
        await response.arrayBuffer();
        if (response.ok)
          throw new CheckFailed(
            `incoming is public: ${new URL(url).origin} serves its objects to anyone`,
            "remove that domain from the incoming bucket: it holds files that were not checked",
          );
      }
      return "incoming: cannot be read through the public domain or without a signature";
    },
  };
}

function purging({ images, cdn }: Configuration): Check {
  return {
    subject: "The CDN's cache",
    advice: "check the link Cdn",
    async run() {
      const outcome = await cdn.purge([`${images.publicUrl}/${newKey()}`]);
      if (outcome === "failed")
        throw new CheckFailed(
          "Cloudflare does not purge",
          "set CloudflarePurgeToken to a token with Cache Purge on the zone (docs/deploy.md)",
        );
      if (outcome === "confirmed") return "the CDN's cache can be purged";
      return { mark: "--", text: "no CDN zone is linked: nothing to purge" };
    },
  };
}

const get = (url: string, signal: AbortSignal) =>
  fetch(url, { headers: { "accept-encoding": "identity" }, redirect: "manual", signal });
