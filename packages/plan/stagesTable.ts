import { exampleSettings, requiredSettings } from "./exampleSettings.ts";
import type { QueryablePlan } from "./planLookups.ts";

/** The settings and secrets that production cannot be deployed without. */
export const smallestSettings: Record<string, string> = Object.fromEntries(
  [
    ...requiredSettings,
    "SST_SECRET_DatabaseUrl" as const,
    "SST_SECRET_R2AccessKeyId" as const,
    "SST_SECRET_R2SecretAccessKey" as const,
    "SST_SECRET_R2WebAccessKeyId" as const,
    "SST_SECRET_R2WebSecretAccessKey" as const,
    "SST_SECRET_CloudflarePurgeToken" as const,
  ].map((name) => [name, exampleSettings[name]]),
);

/** What two stages consist of, side by side, as a table in Markdown. */
export function stagesTable(smallest: QueryablePlan, fullest: QueryablePlan): string {
  const plans = [smallest, fullest];
  const row = (what: string, count: (plan: QueryablePlan) => number) =>
    `| ${what} | ${plans.map(count).join(" | ")} |`;
  const ofType = (what: string, ...types: string[]) =>
    row(what, ({ resources }) => resources.filter(({ type }) => types.includes(type)).length);
  const secrets = (settings: Record<string, string>) =>
    Object.keys(settings).filter((name) => name.startsWith("SST_SECRET_")).length;
  const own = (settings: Record<string, string>) =>
    Object.keys(settings).length - secrets(settings);
  const both: Record<string, string>[] = [smallestSettings, exampleSettings];
  return [
    "| production | smallest | fullest |",
    "| --- | ---: | ---: |",
    `| settings, besides the API token | ${both.map(own).join(" | ")} |`,
    `| secrets | ${both.map(secrets).join(" | ")} |`,
    row("functions", ({ functions }) => Object.keys(functions).length),
    row("routes of the API", ({ routes }) => routes.length),
    ofType("queues, with those for dead letters", "aws:sqs/queue:Queue"),
    ofType("schedules", "aws:scheduler/schedule:Schedule"),
    ofType("buckets in R2", "cloudflare:index/r2Bucket:R2Bucket"),
    ofType("buckets in S3, for the page", "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"),
    ofType("CloudFront distributions", "aws:cloudfront/distribution:Distribution"),
    ofType("certificates", "aws:acm/certificate:Certificate"),
    ofType("DNS records", "cloudflare:index/dnsRecord:DnsRecord"),
    ofType("alarms", "aws:cloudwatch/metricAlarm:MetricAlarm"),
    row("resources in all", ({ resources }) => resources.filter(({ custom }) => custom).length),
  ].join("\n");
}

/** The text of a document with this table between the markers. Throws when it has no markers. */
export function withStagesTable(text: string, table: string): string {
  const markers = /(<!-- plan: stages -->\n)[\s\S]*?(<!-- \/plan -->)/;
  if (!markers.test(text)) throw new Error("The document has no place for the table of stages");
  return text.replace(markers, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
}
