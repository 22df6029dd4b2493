import type { BotCommand } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import type { Method } from "./botContext.ts";
import { jsonOf, listOf, type Parameters, textOf } from "./requestParameters.ts";

/** The lists of commands that a bot shows, by scope and language. */
export function commandMethods(): Record<string, Method> {
  const lists = new Map<string, BotCommand[]>();
  return {
    setmycommands(parameters): true {
      const commands = listOf(parameters.commands, "commands", "BotCommand") ?? [];
      if (commands.length > 100) throw badRequest("BOT_COMMANDS_TOO_MUCH");
      lists.set(keyOf(parameters), commands.map(parseCommand));
      return true;
    },
    getmycommands: (parameters): BotCommand[] => lists.get(keyOf(parameters)) ?? [],
    deletemycommands(parameters): true {
      lists.delete(keyOf(parameters));
      return true;
    },
  };
}

function keyOf({ scope, language_code }: Parameters): string {
  const { type = "default", ...rest } = (jsonOf(scope, "BotCommandScope") ?? {}) as Parameters;
  return JSON.stringify([type, rest, textOf(language_code)]);
}

function parseCommand(value: unknown): BotCommand {
  const { command, description } = (value ?? {}) as Partial<BotCommand>;
  for (const [name, field] of Object.entries({ command, description }))
    if (typeof field !== "string")
      throw badRequest(`can't parse BotCommand: can't find field "${name}"`);
  const name = command!.replace(/^\//, "");
  if (!/^[a-z\d_]{1,32}$/.test(name)) throw badRequest("BOT_COMMAND_INVALID");
  if (description!.length < 1 || description!.length > 256)
    throw badRequest("BOT_COMMAND_DESCRIPTION_INVALID");
  return { command: name, description: description! };
}
