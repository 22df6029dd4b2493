/**
 * Where Discord serves attachments: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
 * They are fetched from these origins and from no other. This file imports nothing.
 */
export const discordOrigins = ["https://cdn.discordapp.com", "https://media.discordapp.net"];
