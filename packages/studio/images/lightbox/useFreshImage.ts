import type { Image } from "@keepsake/contract/schemas";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { urlExpiry } from "./urlExpiry.ts";

/** A new URL is fetched this long before the old one expires. */
const marginMs = 60_000;
/** After a failure. */
const retryMs = 30_000;

/** `error` is that of the last attempt. */
type Renewal = { image_id: string; isRenewing: boolean; error?: unknown };

/**
 * Images with URLs that work: that of a private one expires, and is fetched again before. `renew` fetches it
 * now.
 */
export function useFreshImage(image: Image | undefined) {
  const { client } = useSession();
  const [renewed, setRenewed] = useState<Record<string, Image>>({});
  const [state, setState] = useState<Renewal>();
  const fresh = image && newest(image, renewed[image.image_id]);
  const image_id = image?.image_id;

  const renew = useCallback(async () => {
    if (!image_id) return;
    const isRenewing = true;
    setState((last) => ({ image_id, isRenewing, error: ofImage(last, image_id)?.error }));
    try {
      const { image } = await client.getImage({ image_id });
      setRenewed((all) => ({ ...all, [image_id]: image }));
      setState(undefined);
    } catch (error) {
      setState({ image_id, isRenewing: false, error });
    }
  }, [client, image_id]);

  const expiry = fresh?.url ? urlExpiry(fresh.url) : undefined;
  const { isRenewing = false, error } = ofImage(state, image_id) ?? {};
  useEffect(() => {
    if (expiry === undefined) return;
    const wait = error ? retryMs : Math.max(expiry - marginMs - Date.now(), 0);
    const timer = setTimeout(renew, wait);
    return () => clearTimeout(timer);
  }, [expiry, renew, error]);
  return {
    image: fresh,
    /** Those of other images, as this one. */
    freshOf: (other: Image | undefined) => other && newest(other, renewed[other.image_id]),
    /** By the clock of this device, which may be wrong: a URL that was just fetched is shown all the same. */
    hasExpired: expiry !== undefined && expiry <= Date.now(),
    isRenewing,
    error,
    renew,
  };
}

const ofImage = (renewal: Renewal | undefined, image_id: string | undefined) =>
  renewal?.image_id === image_id ? renewal : undefined;

/** What is said about an image is from the list; its URLs are from the later of both. */
function newest(listed: Image, renewed: Image | undefined): Image {
  if (!renewed?.url || !listed.url) return listed;
  if (expiryOf(renewed) <= expiryOf(listed)) return listed;
  return { ...listed, url: renewed.url, variants: renewed.variants };
}

const expiryOf = ({ url }: Image) => (url && urlExpiry(url)) || 0;
