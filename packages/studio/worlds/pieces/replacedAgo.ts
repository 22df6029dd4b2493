const keptMs = 24 * 3_600_000;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `Replaced 5 minutes ago`, from when a portrait will be erased: 24 hours after it was replaced. */
export function replacedAgo(erased_after: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.floor((now - (Date.parse(erased_after) - keptMs)) / 60_000));
  if (minutes === 0) return "Replaced just now";
  return minutes < 60
    ? `Replaced ${relative.format(-minutes, "minute")}`
    : `Replaced ${relative.format(-Math.floor(minutes / 60), "hour")}`;
}
