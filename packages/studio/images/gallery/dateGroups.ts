const weekdays = new Intl.DateTimeFormat("en", { weekday: "long" });
const months = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });

/**
 * Names the group of each date, seen from a moment of today: Today, Yesterday, the weekday within a week, else the
 * month. The viewer's time zone counts.
 */
export function dateGroups(today: Date): (iso: string) => { key: string; label: string } {
  const dayStart = (daysAgo: number) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - daysAgo).getTime();
  const starts = Array.from({ length: 7 }, (_, daysAgo) => dayStart(daysAgo));
  const labels = new Map<string, string>();
  return (iso) => {
    const date = new Date(iso);
    const time = date.getTime();
    const daysAgo = starts.findIndex((start) => time >= start);
    const key = daysAgo < 0 ? `${date.getFullYear()}-${date.getMonth()}` : `day ${daysAgo}`;
    let label = labels.get(key);
    if (label === undefined) {
      label = ["Today", "Yesterday"][daysAgo] ?? (daysAgo < 0 ? months : weekdays).format(date);
      labels.set(key, label);
    }
    return { key, label };
  };
}
