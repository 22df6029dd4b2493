const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** `1234567` → `1.2 MB`; a megabyte is 1,000,000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${numbers.format(bytes / 1_000)} kB`
    : `${numbers.format(bytes / 1_000_000)} MB`;
}

const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const formatDate = (iso: string) => dates.format(new Date(iso));

/** `pluralize(1, "object")` → `1 object`. */
export const pluralize = (count: number, noun: string) =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
