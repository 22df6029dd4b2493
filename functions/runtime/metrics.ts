import { type MetricName, metricNamespace, metrics } from "@keepsake/contract/metrics";

/**
 * The fields that make a log line metrics as well, in CloudWatch's embedded metric format: CloudWatch reads
 * them from the log, so no request is sent. A metric by `reason` needs that field in the same line. On a
 * developer's machine they are only fields.
 */
export function metricFields(values: Partial<Record<MetricName, number>>): object {
  const [, stage, name] = functionName.exec(process.env.AWS_LAMBDA_FUNCTION_NAME ?? "") ?? [];
  if (stage === undefined) return values;
  const names = Object.keys(values) as MetricName[];
  const groups = Map.groupBy(names, (name) => metrics[name].by[0]);
  const CloudWatchMetrics = [...groups].map(([by, group]) => ({
    Namespace: metricNamespace,
    Dimensions: [["stage", ...(by ? [by] : [])]],
    Metrics: group.map((Name) => ({ Name, Unit: metrics[Name].unit })),
  }));
  return { _aws: { Timestamp: Date.now(), CloudWatchMetrics }, stage, function: name, ...values };
}

/** keepsake-production-createWorld: infra/defaults.ts names functions. A stage may contain hyphens. */
const functionName = /^[^-]+-(.+)-(\w+)$/;
