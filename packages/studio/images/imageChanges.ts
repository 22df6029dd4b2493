import type { Image } from "@keepsake/contract/schemas";

/** What a response of the API says about the owner's images: one is new or changed, one was deleted, or many were. */
export type ImageChange = { put: Image } | { removed: string } | { reset: true };

export type ImageChanges = ReturnType<typeof createImageChanges>;

/** Reports each change of images that this page makes, by whatever part of it, to its subscribers. */
export function createImageChanges() {
  const listeners = new Set<(change: ImageChange) => void>();
  const report = (change: ImageChange) => {
    for (const listener of listeners) listener(change);
  };
  return {
    report,
    subscribe(listener: (change: ImageChange) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Called with each request to the API and its response, before the caller gets the response. */
    async watch([url, init]: Parameters<typeof fetch>, response: Response) {
      const { pathname } = new URL(`${url}`);
      const change = await changeOf(init?.method ?? "GET", pathname, response).catch(() => {});
      if (change) report(change);
    },
  };
}

async function changeOf(
  method: string,
  path: string,
  response: Response,
): Promise<ImageChange | undefined> {
  if (method === "GET" || !response.ok) return undefined;
  if (method === "DELETE") {
    if (/\/me$|\/telegram\//.test(path)) return { reset: true };
    const [, removed] = path.match(/\/images\/([\w-]+)$/) ?? [];
    return removed === undefined ? undefined : { removed };
  }
  if (!/\/(images|uploads|rehosts)(\/|$)/.test(path)) return undefined;
  const { image } = await response.clone().json();
  return image ? { put: image } : undefined;
}
