import { amount, money, table } from "./markdown.ts";
import { counted, measured } from "./measuredWork.ts";
import { defaults } from "./monthlyWorkload.ts";
import * as prices from "./prices.ts";

const images = 300;
const imageBytes = 5_000_000;
const partBytes = 8 * 1_024 * 1_024;
/** How many objects are read at the same time. */
const readsAtOnce = 3;

/** What one export of a dataset costs beyond every free tier: JPEGs, which pass as they are. */
export function exportTable(): string {
  const bytes = images * imageBytes;
  const { storeMs, memoryMb, mbInGb, accessLogBytes, logBytes } = counted;
  const seconds =
    (images * measured.cpuMs.exportedImage + (images / readsAtOnce) * storeMs) / 1_000;
  const aws = prices.aws[defaults.region];
  const { cloudflare } = prices;
  const line = (what: string, quantity: number, unit: string, { tiers }: prices.Price) => {
    return { what, quantity, unit, usd: quantity * tiers[0]![1] };
  };
  const lines = [
    // the list of unfinished uploads, the beginning and the end of this one, and its parts
    line("R2 writes (class A)", 3 + Math.ceil(bytes / partBytes), "operations", cloudflare.classA),
    line("R2 reads (class B)", images, "operations", cloudflare.classB),
    line("R2 storage, for a day", bytes / 1e9 / 30, "GB-months", cloudflare.storageGb),
    line(
      `Lambda, compute: ${amount(seconds)} s × ${amount(memoryMb.exportDataset)} MB`,
      seconds * (memoryMb.exportDataset / mbInGb),
      "GB-seconds",
      aws.lambdaGbSeconds,
    ),
    line("Lambda, requests", 2, "requests", aws.lambdaRequests),
    line("HTTP API", 1, "requests", aws.httpRequests),
    line("SQS", 3, "requests", aws.sqsRequests),
    line("CloudWatch logs", (2 * logBytes + accessLogBytes) / 1e9, "GB", aws.logGb),
    line("Data transfer out of AWS", bytes / 2 ** 30, "GB", aws.outGb),
  ];
  const sum = lines.reduce((total, { usd }) => total + usd, 0);
  return table([
    [`${images} JPEGs of ${imageBytes / 1e6} MB`, "quantity", "", "US dollars"],
    ...lines.map(({ what, quantity, unit, usd }) => [what, amount(quantity), unit, precise(usd)]),
    ["**sum**", "", "", `**${money(sum)}**`],
  ]);
}

const precise = (usd: number) => usd.toFixed(6);
