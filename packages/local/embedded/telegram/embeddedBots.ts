import { badRequest } from "./botApiError.ts";
import { type Bot, createBot, newToken } from "./embeddedBot.ts";

type Options = Pick<Parameters<typeof createBot>[0], "rates" | "webhookRetries" | "intercept"> & {
  /** The bot of the system. Its webhook must be allowed; those of the others may be anywhere on this machine. */
  first: { token: string; name: string; isWebhookAllowed: (url: string) => boolean };
  /** Tokens by user name. */
  ownBots: Record<string, string>;
  isOwnWebhookAllowed: (url: string) => boolean;
  onNewBot: (ownBots: Record<string, string>) => Promise<void>;
};

/** The bots of a Telegram: the system's, and those of people who write their own. */
export function createBots({ first, ownBots, onNewBot, isOwnWebhookAllowed, ...options }: Options) {
  const firstBot = createBot({ ...first, ...options });
  const bots = new Map<string, Bot>([[first.name, firstBot]]);
  for (const [name, token] of Object.entries(ownBots)) create(name, token);

  return {
    first: firstBot,
    byToken: (token: string) => [...bots.values()].find((bot) => bot.token === token),
    /** Throws when there is none with this name. */
    byName(name: string): Bot {
      const bot = bots.get(name.toLowerCase());
      if (!bot) throw badRequest(`there is no bot @${name}`);
      return bot;
    },
    /** A bot with this user name: the one that has it, or a new one. */
    async open(given: string): Promise<Bot> {
      const name = given.toLowerCase();
      if (bots.has(name)) return bots.get(name)!;
      if (!/^[a-z]\w{1,28}bot$/.test(name))
        throw badRequest("a bot's name has 5 to 32 letters, digits and _, and ends with bot");
      const bot = create(name, newToken(1_000_000_001 + bots.size));
      const own = [...bots.values()].filter((each) => each !== firstBot);
      await onNewBot(Object.fromEntries(own.map(({ name, token }) => [name, token])));
      return bot;
    },
    stop: () => Promise.all([...bots.values()].map((bot) => bot.stop())),
  };

  function create(name: string, token: string): Bot {
    const bot = createBot({ name, token, isWebhookAllowed: isOwnWebhookAllowed, ...options });
    bots.set(name, bot);
    return bot;
  }
}
