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

const times = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** `15:10`, rounded up to the minute: of milliseconds. */
export const formatTime = (at: number) => times.format(Math.ceil(at / 60_000) * 60_000);

/** `pluralize(1, "object")` → `1 object`. */
export const pluralize = (count: number, noun: string) =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** At most 60 characters of a name in a sentence; what follows is an ellipsis. */
export function shorten(name: string): string {
  const characters = [...new Intl.Segmenter("en").segment(name)];
  if (characters.length <= 60) return name;
  const kept = characters.slice(0, 59).map(({ segment }) => segment);
  return `${kept.join("").trimEnd()}…`;
}
