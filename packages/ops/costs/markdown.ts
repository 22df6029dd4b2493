/** A table in Markdown; columns of figures are aligned to the right. */
export function table([head = [], ...lines]: string[][]): string {
  const isFigure = (column: number) =>
    lines.every((cells) => /^[\d*,.\s]*( \(.*\)| ✗)?$/.test(cells[column]!));
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column > 0 && isFigure(column) ? "---:" : "---"));
  return [row(head), row(rule), ...lines.map(row)].join("\n");
}

export const count = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });

export const money = (usd: number) =>
  usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Unit prices have up to ten decimals. */
export const dollars = (usd: number) =>
  usd >= 0.01 || usd === 0 ? count(usd) : usd.toFixed(10).replace(/0+$/, "");

/** Three digits of what is small, whole numbers otherwise. */
export const amount = (value: number) =>
  value >= 100 ? count(Math.round(value)) : `${Number(value.toPrecision(3))}`;
