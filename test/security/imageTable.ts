/** What a test of the corpus reports of its file: its format, and how it ended in each of the three ways. */
export type ImageRun = { format: string; outcomes: string[] };

/** The most that one file of a format took of the decoder's process. */
export type ImageWork = Record<string, { cpuMs: number; memoryBytes: number }>;

declare module "vitest" {
  interface TaskMeta {
    image?: ImageRun;
    imageWork?: ImageWork;
  }
}

/**
 * A row per format: files, how often one was sent, and what became of them. CPU time and memory depend on
 * the machine: without `work` they are those of the table before, and so are never compared.
 */
export function imageTable(runs: ImageRun[], work: ImageWork | undefined, before: string): string {
  const formats = [...new Set(runs.map(({ format }) => format))].sort(
    (one, other) => order.indexOf(one) - order.indexOf(other),
  );
  const rows = formats.map((format) => {
    const own = runs.filter((run) => run.format === format);
    const taken = work ? bounds(work[format]) : boundsBefore(before, format);
    return [format, ...counts(own), ...taken];
  });
  const heading = [
    ...["file", "files", "sent", "published as sent", "published without all else"],
    ...["encoded anew", "rejected", "CPU time", "memory"],
  ];
  const total = ["**all**", ...counts(runs), "", ""];
  return [heading, ["---", ...Array(8).fill("---:")], ...rows, total]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const order = ["PNG", "JPEG", "WebP", "GIF", "AVIF", "other"];

function counts(runs: ImageRun[]): string[] {
  const outcomes = runs.flatMap((run) => run.outcomes);
  const count = (matches: (outcome: string) => boolean) => outcomes.filter(matches).length;
  const asSent = count((outcome) => outcome === "unchanged");
  const stripped = count((outcome) => outcome === "stripped");
  const anew = count((outcome) => outcome.startsWith("image/"));
  const rejected = outcomes.length - asSent - stripped - anew;
  const all = [runs.length, outcomes.length, asSent, stripped, anew, rejected];
  return all.map((value) => value.toLocaleString("en"));
}

/** Rounded up to classes, so that a repetition on the same machine gives the same. */
function bounds(work: ImageWork[string] | undefined): [string, string] {
  if (!work) return ["none", "none"];
  const seconds = [0.1, 0.25, 0.5, 1, 2, 4, 10].find((bound) => work.cpuMs <= bound * 1_000);
  const megabytes = [128, 256, 512, 1_000].find((bound) => work.memoryBytes <= bound * 1e6);
  return [`≤ ${seconds ?? "over 10"} s`, `≤ ${megabytes?.toLocaleString("en") ?? "over 1,000"} MB`];
}

function boundsBefore(table: string, format: string): string[] {
  const row = table.split("\n").find((line) => line.startsWith(`| ${format} |`));
  return (
    row
      ?.split(" | ")
      .slice(-2)
      .map((cell) => cell.replace(/ \|$/, "")) ?? ["", ""]
  );
}
