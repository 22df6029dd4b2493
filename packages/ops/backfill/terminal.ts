import type { Survey } from "./backfill.sql.ts";
import type { backfill, Counts, Left } from "./backfill.ts";

type Output = { isTTY?: boolean; write(text: string): unknown };

/** What somebody at a terminal sees, or finds in a log: a bar, or a line every five seconds. */
export function screen(output: Output) {
  let bar = "";
  let lastLine = performance.now();
  const print = (text: string) => {
    output.write(`${bar && clearLine}${text}\n${bar}`);
  };
  const stop = () => {
    if (bar) output.write("\n");
    bar = "";
  };

  return {
    start(before: Survey) {
      if (before.tokens > 0) print(tokenWarning(before));
      print(`${before.candidates} of ${before.rows} rows hold what does not last.`);
    },
    progress(counts: Counts) {
      const line = progressLine(counts);
      if (output.isTTY) {
        output.write(bar ? clearLine : "");
        bar = line;
        output.write(bar);
      } else if (performance.now() - lastLine > 5_000) {
        lastLine = performance.now();
        print(line);
      }
    },
    leave: ({ id, outcome, reason }: Left) => print(`${outcome}  ${id}: ${reason}`),
    end({ before, after, counts }: Awaited<ReturnType<typeof backfill>>, dryRun: boolean) {
      stop();
      print(`\n${table(before, after)}\n`);
      const { published, published_bytes, not_recoverable, postponed, changed } = counts;
      const verb = dryRun ? "would be published; nothing was changed" : "published";
      print(`${published} portraits (${megabytes(published_bytes)}) ${verb}.`);
      if (not_recoverable > 0) print(`${not_recoverable} cannot be recovered: left as they are.`);
      const again = postponed + changed;
      if (again > 0) print(`${again} were not to be had, or changed meanwhile: start again.`);
    },
    /** Ends the bar's line, if there is one. */
    stop,
  };
}

function progressLine({ done, of, published, not_recoverable, postponed, changed }: Counts) {
  const part = of === 0 ? 1 : Math.min(1, done / of);
  const filled = "#".repeat(Math.round(part * 30)).padEnd(30, ".");
  const left = not_recoverable + postponed + changed;
  return `[${filled}] ${Math.floor(part * 100)}%  ${published} published, ${left} left`;
}

function tokenWarning({ tokens, bots }: Survey) {
  return `!!  ${tokens} URLs hold the token of a bot (${bots}): whoever read one of them can act as that bot.
    Rotate it: /revoke in @BotFather. Files at these URLs are lost then, so rotate after this run.`;
}

function table(before: Survey, after: Survey) {
  const line = (what: string, cell: (survey: Survey) => string) =>
    what.padEnd(18) + [before, after].map((survey) => cell(survey).padStart(22)).join("");
  const counted = (name: keyof Survey) => (survey: Survey) => String(survey[name]);
  return [
    " ".repeat(18) + ["before", "after"].map((when) => when.padStart(22)).join(""),
    line("rows", counted("rows")),
    line("base64", (survey) => `${survey.base64} (${megabytes(survey.base64_bytes)})`),
    line("Telegram URLs", counted("telegram")),
    line("Discord URLs", counted("discord")),
    line("permanent URLs", counted("permanent")),
    line("other URLs", counted("elsewhere")),
    line("details", (survey) => megabytes(survey.details_bytes)),
  ].join("\n");
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
const clearLine = "\r\u001b[K";
