import type { IncomingHttpHeaders } from "node:http";

/** A response that the cache keeps. */
export type CachedResponse = { headers: IncomingHttpHeaders; body: Buffer };

/** The body of a call of Cloudflare's API that purges. */
export type PurgeBody = {
  files?: (string | { url: string; headers: Record<string, string> })[];
  prefixes?: string[];
};

const maxBytes = 64_000_000;

/**
 * The cache of a CDN as Cloudflare keeps it: a copy for each path, query string and `Origin`. A purge of a
 * file removes one of them, a purge of a prefix all. The oldest copies make room for new ones.
 */
export function edgeCache() {
  const copies = new Map<string, CachedResponse>();
  let bytes = 0;

  function remove(key: string) {
    bytes -= copies.get(key)?.body.length ?? 0;
    copies.delete(key);
  }

  return {
    /** `target` is the path with its query string. */
    get: (target: string, origin?: string) => copies.get(keyOf(target, origin)),

    put(target: string, origin: string | undefined, copy: CachedResponse) {
      if (copy.body.length > maxBytes) return;
      const key = keyOf(target, origin);
      remove(key);
      copies.set(key, copy);
      bytes += copy.body.length;
      for (const oldest of copies.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },

    /** Resolves to false, and removes nothing, when Cloudflare would reject the call. */
    purge(body: PurgeBody): boolean {
      if (!isValid(body)) return false;
      for (const file of body.files ?? []) {
        const { url, headers } = typeof file === "string" ? { url: file, headers: {} } : file;
        const { pathname, search } = new URL(url);
        remove(keyOf(`${pathname}${search}`, (headers as Record<string, string>).Origin));
      }
      for (const prefix of body.prefixes ?? []) {
        const path = prefix.slice(prefix.indexOf("/"));
        for (const key of copies.keys()) {
          const cached = key.split(/[? ]/)[0]!;
          if (cached === path || cached.startsWith(`${path}/`)) remove(key);
        }
      }
      return true;
    },
  };
}

export type EdgeCache = ReturnType<typeof edgeCache>;

const keyOf = (target: string, origin = "") => `${target} ${origin}`;

/** One kind of purge a call, at most 30 entries, prefixes without a scheme or a query string. */
function isValid({ files, prefixes }: PurgeBody): boolean {
  const entries = files ?? prefixes ?? [];
  if ((files && prefixes) || entries.length === 0 || entries.length > 30) return false;
  if (new Set(entries.map((entry) => typeof entry)).size > 1) return false;
  return (prefixes ?? []).every((prefix) => !/^https?:|[?#]/.test(prefix));
}
