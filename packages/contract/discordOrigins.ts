/**
 * Where Discord serves attachments: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
 * Attachments are fetched only from these origins. This file imports nothing.
 */
export const discordOrigins = ["https://cdn.discordapp.com", "https://media.discordapp.net"];

const hosts = discordOrigins.map((origin) => origin.replaceAll(".", "\\.")).join("|");
const escaped = "%(?!2[EFef5]|5[Cc]|[01][0-9A-Fa-f]|7[Ff])[0-9A-Fa-f]{2}";

/** The URL of an attachment, as `parseAttachmentUrl` of the adapter accepts it. For the OpenAPI document. */
export const attachmentPattern =
  `^(?:${hosts})/(?:ephemeral-)?attachments/[0-9]+/[0-9]+/` +
  String.raw`(?!\.+(?:;|\?|$))(?:[A-Za-z0-9_.~!$&'()*+,;=:@-]|${escaped})+` +
  String.raw`(?:\?[A-Za-z0-9_.~!$&'()*+,;=:@%/?-]*)?$`;
