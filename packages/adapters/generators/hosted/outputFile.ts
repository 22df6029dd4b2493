import { PermanentError } from "@keepsake/core/outsideServiceErrors";
import { download } from "../../platforms/download.ts";

type Source = {
  /** What the file is called in errors. */
  what: string;
  /** Host names that may be fetched from over https, with their subdomains. */
  hosts: string[];
  /** The origin of the provider's API as it is configured, which may serve files too. */
  apiOrigin: string;
  deadlineMs: number;
};

const maxBytes = 20_000_000;

/**
 * The bytes of what a provider answered with: a data URI, or a URL of at most 20 MB on the provider's own hosts,
 * which is tried twice, because it was paid for. The key is not sent. No error holds the URL, which may be signed.
 */
export async function outputFile(image: string, source: Source): Promise<Buffer> {
  const data = /^data:image\/[\w.+-]+;base64,/.exec(image);
  if (data) return Buffer.from(image.slice(data[0].length), "base64");
  const { what, deadlineMs } = source;
  const url = URL.parse(image);
  if (!url || !isAllowed(url, source))
    throw new PermanentError("refused", `${what} is not on a host of the provider`);
  const options = { maxBytes, deadlineMs, allowedOrigin: url.origin, what };
  return download(url, options).catch((error) => {
    if (error instanceof PermanentError) throw error;
    return download(url, options);
  });
}

function isAllowed({ protocol, hostname, port, origin }: URL, { hosts, apiOrigin }: Source) {
  if (origin === apiOrigin) return true;
  if (protocol !== "https:" || port !== "") return false;
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}
