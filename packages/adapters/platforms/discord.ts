import type { FileSource, Identify } from "@keepsake/core/ports";
import { PermanentError } from "@keepsake/core/serviceErrors";
import { download } from "./download.ts";

/** The `Discord` link: where attachments may be fetched, such as `https://cdn.discordapp.com`, by spaces. */
export type DiscordLink = { origins: string };

export type Attachment = {
  /** Signed by Discord, and good for a day or so. */
  url: string;
  /** The URL's path, which stays the same whatever the host and the signature. */
  platform_ref: string;
};

/** Discord as a platform to re-host from: attachments by their URL, each within 20 s. */
export function discordFiles(link: DiscordLink): FileSource {
  return {
    async download(source, maxBytes) {
      const what = "Discord's attachment";
      const attachment = parseAttachmentUrl((source as { url: string }).url, originsOf(link));
      if (!attachment) throw new PermanentError("refused", `${what} has no URL of Discord's CDN`);
      const url = new URL(attachment.url);
      return download(url, { maxBytes, deadlineMs: 20_000, allowedOrigin: url.origin, what });
    },
  };
}

/** Names an attachment by its path: host and signature change. Undefined for any other URL. */
export function identifyAttachment(link: DiscordLink): Identify["discord"] {
  return ({ url }) => {
    const attachment = parseAttachmentUrl(url, originsOf(link));
    return attachment && { platform_ref: attachment.platform_ref, source: { url } };
  };
}

/**
 * Takes a URL only in the one form in which Discord writes it, on one of these very origins. What
 * could be read in two ways is undefined: user info, ports, dot segments, escaped separators.
 */
export function parseAttachmentUrl(url: string, origins: string[]): Attachment | undefined {
  const { origin, path } = attachmentForm.exec(url)?.groups ?? {};
  if (origin === undefined || path === undefined || !origins.includes(origin)) return undefined;
  if (ambiguous.test(path) || url.length > 2_000) return undefined;
  return { url, platform_ref: path };
}

const legal = String.raw`[\w.~!$&'()*+,;=:@%-]`;

/** Channel, attachment, file name; `ephemeral-` where only the author of a command sees it. */
const attachmentForm = new RegExp(
  String.raw`^(?<origin>https?://[a-z\d.:-]+)` +
    String.raw`(?<path>/(?:ephemeral-)?attachments/\d+/\d+/${legal}+)` +
    String.raw`(?:\?(?:${legal}|[/?])*)?$`,
);

/** A dot segment, a broken escape, or the escape of a dot, a slash, a percent or a control. */
const ambiguous = /\/\.+(?:;|$)|%(?![\da-f]{2})|%(?:2[ef5]|5c|[01][\da-f]|7f)/i;

const originsOf = ({ origins }: DiscordLink) => origins.split(" ");
