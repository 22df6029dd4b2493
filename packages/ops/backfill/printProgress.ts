import type { TableSummary } from "./backfill.sql.ts";
import type { BackfillResult, Counts, NotedRow, SkippedRow } from "./progressListener.ts";
import type { Note } from "./tolerantBase64.ts";

type Output = { isTTY?: boolean; write(text: string): unknown };

/** Prints the progress of a backfill: a bar on a terminal, or a line every five seconds in a log. */
export function terminalReporter(output: Output) {
  let bar = "";
  let lastLine = performance.now();
  const noted = new Map<Note, { rows: number; ids: string[] }>();
  const print = (text: string) => {
    output.write(`${bar && clearLine}${text}\n${bar}`);
  };
  const stop = () => {
    if (bar) output.write("\n");
    bar = "";
  };

  return {
    start(before: TableSummary) {
      if (before.tokens > 0) print(tokenWarning(before));
      print(`${before.candidates} of ${before.rows} rows hold a picture to move.`);
    },
    /** Printed before a run whose pictures get no rows. */
    warnWithoutOwner: () => print(withoutOwner),
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
    skip: ({ id, outcome, reason }: SkippedRow) => print(`${outcome}  ${id}: ${reason}`),
    /** Counted here, and printed at the end with the first keys. */
    note({ id, notes }: NotedRow) {
      for (const note of notes) {
        const { rows, ids } = noted.get(note) ?? { rows: 0, ids: [] };
        noted.set(note, { rows: rows + 1, ids: [...ids, id].slice(0, shownKeys) });
      }
    },
    end({ before, after, counts }: BackfillResult, dryRun: boolean) {
      stop();
      print(`\n${summaryTable(before, after)}\n`);
      const { published, published_bytes, not_recoverable, no_owner, has_url } = counts;
      const verb = dryRun ? "would be published; nothing was changed" : "published";
      print(`${published} pictures (${megabytes(published_bytes)}) ${verb}.`);
      if (not_recoverable > 0)
        print(`${not_recoverable} cannot be recovered: their rows were left as they are.`);
      if (no_owner > 0)
        print(`${no_owner} have no owner: start again with --owner to move these too.`);
      if (has_url > 0)
        print(`${has_url} have a URL already: start again with --overwrite to replace these.`);
      const retryable = counts.postponed + counts.changed;
      if (retryable > 0)
        print(`${retryable} could not be moved this time: run the same command again.`);
      for (const [note, { rows, ids }] of noted)
        print(`${rows} of these: ${note}  (${ids.join(", ")}${rows > ids.length ? ", …" : ""})`);
    },
    /** Ends the bar's line, if there is one. */
    stop,
  };
}

function progressLine(counts: Counts) {
  const { done, total, published, not_recoverable, no_owner, has_url, postponed, changed } = counts;
  const fraction = total === 0 ? 1 : Math.min(1, done / total);
  const filled = "#".repeat(Math.round(fraction * 30)).padEnd(30, ".");
  const skipped = not_recoverable + no_owner + has_url + postponed + changed;
  return `[${filled}] ${Math.floor(fraction * 100)}%  ${published} published, ${skipped} skipped`;
}

const shownKeys = 5;

const withoutOwner = `!!  These pictures get no rows in Keepsake: nothing there can list or erase them, and DELETE /me leaves them.
    Name their owners with --owner-column or --owner: they become images of those owners.`;

function tokenWarning({ tokens, bots }: TableSummary) {
  return `!!  ${tokens} URLs contain the token of a bot (${bots}): anyone who has seen one can act as that bot.
    Revoke it with /revoke in @BotFather, but after this run: these URLs stop working with the old token.`;
}

function summaryTable(before: TableSummary, after: TableSummary) {
  const line = (label: string, cell: (summary: TableSummary) => string) =>
    label.padEnd(18) + [before, after].map((summary) => cell(summary).padStart(22)).join("");
  const count = (name: keyof TableSummary) => (summary: TableSummary) => String(summary[name]);
  return [
    " ".repeat(18) + ["before", "after"].map((heading) => heading.padStart(22)).join(""),
    line("rows", count("rows")),
    line("base64", ({ base64, base64_bytes }) => `${base64} (${megabytes(base64_bytes)})`),
    line("Telegram URLs", count("telegram")),
    line("Discord URLs", count("discord")),
    line("allowed URLs", count("url")),
    line("permanent URLs", count("permanent")),
    line("other", count("other")),
    line("all values", ({ column_bytes }) => megabytes(column_bytes)),
  ].join("\n");
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
const clearLine = "\r\u001b[K";
