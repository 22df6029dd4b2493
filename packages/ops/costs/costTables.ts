import { bill, total } from "./bill.ts";
import { endsAt, parts } from "./capacity.ts";
import { compare, peers } from "./competitors.ts";
import { allBy, millionMore, type Way, ways } from "./costsOfWays.ts";
import { exportTable } from "./exportCosts.ts";
import { amount, count, dollars, money, table } from "./markdown.ts";
import { defaults, type Workload } from "./monthlyWorkload.ts";
import * as prices from "./prices.ts";

const sizes = [10_000, 1_000_000, 100_000_000];
const rates = [1, 100, 1_000];

/** The tables of the documents, by the name in their markers: for the default month. */
export const documentTables: Record<string, () => string> = {
  "the default month": () => monthTable(defaults),
  "what is assumed": () => assumptions(defaults),
  "three sizes": sizesTable,
  "ways of an image": waysTable,
  "an export": exportTable,
  databases: databasesTable,
  peers: peersTable,
  "what peers do": () =>
    table([
      ["", "less than Keepsake", "more than Keepsake", "prices"],
      ...peers.map(({ name, less, more, source, checked }) => [
        name,
        less,
        more,
        `[${checked}](${source})`,
      ]),
    ]),
  prices: pricesTable,
  "small table": smallTable,
  scale: () => scaleTable(defaults),
  "ends below 100 images a second": () => shortOf(defaults, 100),
  "one way only": oneWayTable,
};

export function monthTable(workload: Workload): string {
  const lines = bill(workload);
  return table([
    ["", "quantity", "", "US dollars"],
    ...lines.map(({ what, quantity, unit, usd }) => [what, amount(quantity), unit, money(usd)]),
    ["**sum**", "", "", `**${money(total(lines))}**`],
  ]);
}

export function assumptions(workload: Workload): string {
  const meanings: Record<keyof Workload, string> = {
    images: "images that arrive in the month",
    bytes: "bytes of one",
    portraits: "share of them that is sent as base64 in pieces",
    unchanged: "share that is uploaded and published as it is",
    rewritten: "share that is uploaded and encoded anew",
    rehosts: "share that is fetched from Discord or Telegram",
    pieces: "portraits in one request",
    requests: "other API requests for each image",
    views: "views of each image that arrives",
    hits: "share of the views that the CDN answers",
    originals: "share of the views that load the original; the others load a smaller copy",
    erased: "share of the images that is deleted",
    kept: "months for which images have arrived and been kept",
    sweep: "minutes between two sweeps (`SWEEP_MINUTES`)",
    plan: "the zone's plan at Cloudflare",
    region: "of AWS; or `eu-central-1`",
    database: "`own`: there is a Postgres already; or `neon`, or `rds`, bought for this",
  };
  return table([
    ["option", "here", "what it is"],
    ...Object.entries(meanings).map(([name, meaning]) => {
      const value = workload[name as keyof Workload];
      return [`\`--${name}\``, typeof value === "number" ? count(value) : value, meaning];
    }),
  ]);
}

function sizesTable(): string {
  const bills = sizes.map((images) => bill({ ...defaults, images }));
  return table([
    ["a month with", ...sizes.map((images) => `${count(images)} images`)],
    ...bills[0]!.map(({ what }, line) => [what, ...bills.map((lines) => money(lines[line]!.usd))]),
    ["**US dollars**", ...bills.map((lines) => `**${money(total(lines))}**`)],
    ["for 1,000 images", ...bills.map((lines, size) => perThousand(total(lines), sizes[size]!))],
  ]);
}

const perThousand = (usd: number, images: number) => ((usd / images) * 1_000).toFixed(3);

/** What a million more images of one way cost, beyond every free tier, without storage and views. */
function waysTable(): string {
  const grouped = (way: Way) => {
    const lines = millionMore(way);
    const of = (...words: string[]) =>
      total(lines.filter(({ what }) => words.some((word) => what.startsWith(word))));
    return [of("R2 writes", "R2 reads"), of("HTTP"), of("Lambda", "SQS", "CloudWatch"), of("Data")];
  };
  return table([
    ["a million of", "R2 operations", "HTTP API", "Lambda, SQS, logs", "data transfer", "sum"],
    ...Object.entries(ways).map(([way, name]) => {
      const costs = grouped(way as Way);
      const sum = costs.reduce((all, usd) => all + usd, 0);
      return [name, ...costs.map(money), `**${money(sum)}**`];
    }),
  ]);
}

function databasesTable(): string {
  const row = (name: string, change: Partial<Workload>) => [
    name,
    ...sizes.map((images) => {
      const lines = bill({ ...defaults, images, ...change });
      return money(lines[lines.length - 1]!.usd);
    }),
  ];
  return table([
    ["a month with", ...sizes.map((images) => `${count(images)} images`)],
    row("Postgres at Neon, Launch", { database: "neon" }),
    row("Postgres on RDS, one zone", { database: "rds" }),
  ]);
}

function peersTable(): string {
  const results = sizes.map((images) => compare({ ...defaults, images }));
  const row = (name: string, of: (result: (typeof results)[number]) => number) => [
    name,
    ...results.map((result) => money(of(result))),
  ];
  return table([
    ["a month with", ...sizes.map((images) => `${count(images)} images`)],
    row("**Keepsake, with a Postgres that exists**", ({ own }) => own),
    row("Keepsake and a Postgres on RDS", ({ withRds }) => withRds),
    row("Keepsake and a Postgres at Neon", ({ withNeon }) => withNeon),
    ...peers.map(({ name }, index) => [
      name,
      ...results.map(({ peers: all }) => `${money(all[index]!.usd)} (${all[index]!.how})`),
    ]),
  ]);
}

function smallTable(): string {
  const totals = sizes.map((images) => compare({ ...defaults, images }));
  const cheapest = ({ peers: all }: (typeof totals)[number]) =>
    all.reduce((least, peer) => (peer.usd < least.usd ? peer : least));
  return table([
    ["a month with", ...sizes.map((images) => `${count(images)} images`)],
    ["**US dollars**", ...totals.map(({ own }) => `**${money(own)}**`)],
    ["with a Postgres on RDS", ...totals.map(({ withRds }) => money(withRds))],
    [
      "the cheapest of four products",
      ...totals.map((result) => `${money(cheapest(result).usd)} (${cheapest(result).name})`),
    ],
  ]);
}

function pricesTable(): string {
  const row = (what: string, { tiers, free = 0, unit, source, checked }: prices.Price) => [
    what,
    tiers
      .map(([from, usd]) => `${dollars(usd)}${from > 0 ? ` from ${count(from)}` : ""}`)
      .join(", "),
    free > 0 ? count(free) : "",
    unit ? `whole ${count(unit)}` : "",
    `[${checked}](${source})`,
  ];
  const regions = Object.entries(prices.aws).flatMap(([region, items]) =>
    Object.entries(items)
      .filter(
        ([name, price]) =>
          region === "us-east-1" ||
          String(price.tiers) !== String(prices.aws["us-east-1"][name as "logGb"].tiers),
      )
      .map(([name, price]) => row(`AWS ${region}, ${name}`, price)),
  );
  const { source, checked } = prices.rdsPrices;
  return table([
    ["", "US dollars each", "free each month", "rounded up to", "checked"],
    ...Object.entries(prices.cloudflare).map(([name, price]) => row(`R2, ${name}`, price)),
    ...Object.entries(prices.zonePlans).map(([name, price]) => row(`Cloudflare, ${name}`, price)),
    ...regions,
    ...Object.entries(prices.neonPrices).map(([name, price]) => row(`Neon Launch, ${name}`, price)),
    ...prices.rdsPrices.instances.map(({ name, hour }) =>
      row(`RDS, an hour of ${name}`, { tiers: [[0, hour]], source, checked }),
    ),
    row("RDS, storageGb", prices.rdsPrices.storageGb as unknown as prices.Price),
  ]);
}

function scaleTable(workload: Workload): string {
  return table([
    [
      "part",
      ...rates.map((rate) => `${count(rate)} a second`),
      "limit",
      "",
      "ends at images/s",
      "alarm",
      "setting",
    ],
    ...parts(workload).map((part) => [
      part.what,
      ...rates.map(
        (rate) => `${amount(part.need * rate)}${part.need * rate > part.limit ? " ✗" : ""}`,
      ),
      amount(part.limit),
      part.unit,
      `**${amount(endsAt(part))}**`,
      part.alarm,
      part.setting,
    ]),
  ]);
}

/** Where each part ends when all images come in one way. */
function oneWayTable(): string {
  const names = Object.keys(ways) as Way[];
  const ends = names.map((way) => parts(allBy(way)).map(endsAt));
  return table([
    ["ends at images/s", "portraits", "uploads as they are", "encoded anew", "re-hosted"],
    ...parts(defaults).map(({ what }, part) => [
      what,
      ...ends.map((of) => (Number.isFinite(of[part]!) ? amount(of[part]!) : "")),
    ]),
  ]);
}

/** The parts that end below a rate, in the order in which they are met. */
function shortOf(workload: Workload, rate: number): string {
  return parts(workload)
    .filter((part) => endsAt(part) < rate)
    .toSorted((a, b) => endsAt(a) - endsAt(b))
    .map(
      (part) =>
        `- **${part.what}**, from ${amount(endsAt(part))} images a second: ${amount(part.need * rate)} ${part.unit} are needed for ${count(rate)}. ${part.setting}.`,
    )
    .join("\n");
}
