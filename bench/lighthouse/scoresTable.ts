/** Of one visit. Scores are 0 to 100. */
export type PageScores = {
  performance: number;
  accessibility: number;
  bestPractices: number;
  largestContentMs: number;
  blockingMs: number;
  layoutShift: number;
  bytes: number;
  /** The audits that a page did not pass. */
  failed: string[];
};

export type Measured = { title: string; path: string; runs: PageScores[] };

/** The medians of each page's visits. */
export function scoresTable(measured: Measured[]): string {
  const rows = measured.map(({ title, runs }) => {
    const of = (key: Exclude<keyof PageScores, "failed">) => median(runs.map((run) => run[key]));
    const failed = [...new Set(runs.flatMap((run) => run.failed))];
    return [
      title,
      ...[of("performance"), of("accessibility"), of("bestPractices")],
      `${(of("largestContentMs") / 1_000).toFixed(1)} s`,
      `${Math.round(of("blockingMs"))} ms`,
      of("layoutShift").toFixed(3),
      `${Math.round(of("bytes") / 1_000)} kB`,
      failed.join(", "),
    ];
  });
  const head = [
    ...["page", "performance", "accessibility", "best practices", "largest picture or text"],
    ...["blocked", "layout shift", "transferred", "not passed"],
  ];
  return [head, ["---", ...head.slice(1, -1).map(() => "---:"), "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
