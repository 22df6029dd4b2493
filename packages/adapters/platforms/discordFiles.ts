import { PermanentError } from "@keepsake/core/outsideServiceErrors";
import type { FileSource, Identify } from "@keepsake/core/ports";
import { download } from "./download.ts";

/** The `Discord` link: the origins to download from, such as `https://cdn.discordapp.com`, separated by spaces. */
export type DiscordLink = { origins: string };

export type Attachment = {
  /** Signed by Discord, and valid for about a day: without what asks for another size or format. */
  url: string;
  /** The URL's path, which stays the same whatever the host and the signature. */
  platform_ref: string;
};

/** Downloads attachments from Discord by their URL, each within 20 s. */
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

/**
 * Identifies an attachment by its path: host and signature change. So do the parameters that make it smaller or
 * another format (`width`, `height`, `format`, `quality`): they are removed, so that the image that is kept is the
 * original whatever the URL says. Undefined for any other URL.
 */
export function identifyAttachment(link: DiscordLink): Identify["discord"] {
  return ({ url }) => {
    const attachment = parseAttachmentUrl(url, originsOf(link));
    return attachment && { platform_ref: attachment.platform_ref, source: { url: attachment.url } };
  };
}

/**
 * Accepts a URL only in the one form in which Discord writes it, on exactly one of these origins, and keeps its
 * signature: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
 * Undefined for what two parsers could read differently: user info, ports, dot segments, escaped separators.
 */
export function parseAttachmentUrl(url: string, origins: string[]): Attachment | undefined {
  const { origin, path, query = "" } = attachmentPattern.exec(url)?.groups ?? {};
  if (origin === undefined || path === undefined || !origins.includes(origin)) return undefined;
  if (ambiguousPath.test(path) || url.length > 2_000) return undefined;
  const signature = query.split("&").filter((pair) => /^(?:ex|is|hm)=/.test(pair));
  const original = origin + path + (signature.length > 0 ? `?${signature.join("&")}` : "");
  return { url: original, platform_ref: path };
}

const urlChar = String.raw`[\w.~!$&'()*+,;=:@%-]`;

/** Channel id, attachment id, file name. `ephemeral-` when only the author of a command sees the file. */
const attachmentPattern = new RegExp(
  String.raw`^(?<origin>https?://[a-z\d.:-]+)` +
    String.raw`(?<path>/(?:ephemeral-)?attachments/\d+/\d+/${urlChar}+)` +
    String.raw`(?:\?(?<query>(?:${urlChar}|[/?])*))?$`,
);

/** A dot segment, a broken escape, or an escaped dot, slash, backslash, percent sign or control character. */
const ambiguousPath = /\/\.+(?:;|$)|%(?![\da-f]{2})|%(?:2[ef5]|5c|[01][\da-f]|7f)/i;

const originsOf = ({ origins }: DiscordLink) => origins.split(" ");
