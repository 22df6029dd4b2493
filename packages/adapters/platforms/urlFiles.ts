import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { isAllowedHost } from "@keepsake/contract/rehostHosts";
import { PermanentError } from "@keepsake/core/outsideServiceErrors";
import type { FileSource, Identify } from "@keepsake/core/ports";
import {
  isAllowedUrl,
  parseAllowedUrl,
  unsignedUrl,
  urlProblem,
} from "@keepsake/core/rehosts/allowedUrls";
import { publicLookup } from "../publicAddresses.ts";
import { requestFile } from "./download.ts";

/** The `RehostHosts` link. */
export type RehostHostsLink = {
  /** Host names that may be fetched from, such as `replicate.delivery *.fal.media`, separated by spaces. */
  hosts: string;
  /** On a developer's machine, `host=origin` of what answers for a host instead of it; empty when deployed. */
  standIns: string;
};

/**
 * Identifies a picture by the caller's own `ref`, or by its URL without the signature. Throws `PermanentError` with
 * the reason for a URL that may not be fetched. Only a hash is stored: parts of a URL that nothing lists as a signature may be secret too.
 */
export function identifyUrl(link: RehostHostsLink): Identify["url"] {
  return ({ url, ref }) => {
    const parsed = parseAllowedUrl(url, hostsOf(link));
    if (!parsed) throw refused(`This URL ${urlProblem(url, hostsOf(link))}`);
    const identity = ref === undefined ? `url ${unsignedUrl(parsed)}` : `ref ${ref}`;
    const platform_ref = createHash("sha256").update(identity).digest("hex");
    parsed.hash = ""; // never sent, and no other URL with it
    return { platform_ref, source: { url: parsed.href } };
  };
}

/** The hosts that a URL may have, each exact or `*.` and a suffix. */
export const hostsOf = ({ hosts }: RehostHostsLink) => hosts.split(" ");

/**
 * Downloads images by their URL: over https, from the hosts of the list at public addresses, within 20 s. At
 * most three redirects are followed, each checked in the same way. `agent` makes the connections.
 */
export function urlFiles(
  link: RehostHostsLink,
  { agent = publicAgent, deadlineMs = 20_000 }: { agent?: http.Agent; deadlineMs?: number } = {},
): FileSource {
  const hosts = hostsOf(link);
  const standIns = standInsOf(link);
  const what = "The URL's image";
  return {
    async download(source, maxBytes) {
      const end = performance.now() + deadlineMs;
      let url = parseAllowedUrl((source as { url: string }).url, hosts);
      for (let redirects = 0; url; redirects += 1) {
        const target = standIns.find(([host]) => isAllowedHost(url!.hostname, [host]));
        const { bytes, location } = await requestFile(target ? at(target[1], url) : url, {
          what,
          maxBytes,
          deadlineMs: Math.max(1, Math.round(end - performance.now())),
          headers: { "user-agent": userAgent },
          agent: target ? standInAgent : agent,
        });
        if (bytes) return bytes;
        if (redirects === maxRedirects)
          throw refused(`The URL is redirected more than ${redirects} times`);
        const next = URL.parse(location, url);
        url = next && isAllowedUrl(next, hosts) ? next : undefined;
        if (!url)
          throw refused(`The URL is redirected to one that ${urlProblem(`${next}`, hosts)}`);
      }
      throw refused("The URL is on a host that is no longer in the list");
    },
  };
}

const refused = (reason: string) => new PermanentError("refused", reason);

const maxRedirects = 3;

/** Midjourney answers 403 without one: https://useapi.net/docs/api-v2/get-proxy-cdn-midjourney. */
const userAgent = "Mozilla/5.0 (compatible; Keepsake)";

/** Sockets of their own: one that another request opened was not checked. */
const publicAgent = new https.Agent({ keepAlive: true, lookup: publicLookup() });
const standInAgent = new http.Agent({ keepAlive: true });

/** A URL at its stand-in, which gets its host in the path. */
const at = (origin: string, { host, pathname, search }: URL) =>
  new URL(`/${host}${pathname}${search}`, origin);

const standInsOf = ({ standIns }: RehostHostsLink) =>
  standIns
    .split(" ")
    .filter((pair) => pair !== "")
    .map((pair) => pair.split("=") as [host: string, origin: string]);
