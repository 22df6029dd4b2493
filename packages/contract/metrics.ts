/**
 * Every metric that the functions log, with its unit in CloudWatch, and what it is counted by besides the
 * stage. Each combination of a name and its dimensions costs $0.30 in a month in which it has values all the
 * time, so there are few: docs/operating.md counts them. This file imports nothing.
 */
export const metrics = {
  requests: { unit: "Count", by: [] },
  errors_4xx: { unit: "Count", by: [] },
  errors_5xx: { unit: "Count", by: [] },
  ms: { unit: "Milliseconds", by: [] },
  published: { unit: "Count", by: [] },
  undelivered: { unit: "Count", by: [] },
  rejected: { unit: "Count", by: ["reason"] },
  messages: { unit: "Count", by: ["function"] },
  failed: { unit: "Count", by: ["function"] },
  cpu_ms: { unit: "Milliseconds", by: ["function"] },
  memory_mb: { unit: "Megabytes", by: ["function"] },
  erasure_overdue_seconds: { unit: "Seconds", by: [] },
} as const satisfies Record<string, { unit: string; by: ("function" | "reason")[] }>;

export type MetricName = keyof typeof metrics;

/** The metrics of all stages are in this namespace. */
export const metricNamespace = "Keepsake";
