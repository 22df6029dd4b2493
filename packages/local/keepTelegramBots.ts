import { newToken } from "./embedded/telegram/embeddedBot.ts";
import { type Local, writeLocal } from "./localJson.ts";

/**
 * The bots that the user of this system writes, with the tokens of the last run: @my_bot at first, and those that
 * `npm run telegram` makes, which are written to local.json at once.
 */
export function keepTelegramBots(previous: Local | undefined) {
  let tokens = { my_bot: newToken(1_000_000_002), ...previous?.telegram_bots };
  let written: Local | undefined;

  return {
    ownBots: tokens,
    async onNewBot(ownBots: Record<string, string>) {
      tokens = { ...tokens, ...ownBots };
      if (written) await writeLocal(Object.assign(written, { telegram_bots: tokens }));
    },
    tokens: () => tokens,
    /** From now on a new bot is added to this content of local.json. */
    addTo(local: Local) {
      written = local;
    },
  };
}
