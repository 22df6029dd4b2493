/**
 * Where Discord serves attachments: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
 * Attachments are fetched only from these origins. This file imports nothing.
 */
export const discordOrigins = ["https://cdn.discordapp.com", "https://media.discordapp.net"];
