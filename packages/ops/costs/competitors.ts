import { bill, total } from "./bill.ts";
import { counted, measured } from "./measuredWork.ts";
import type { Workload } from "./monthlyWorkload.ts";
import { cost, type Price } from "./prices.ts";

/** The month of a workload as peers bill it. */
type Month = {
  /** Images that arrive, images that are kept, and views. */
  images: number;
  stored: number;
  views: number;
  hits: number;
  /** GB of the originals that are kept, of their smaller copies, and of what views load. */
  storedGb: number;
  copiesGb: number;
  viewedGb: number;
  /** The same when every view loads the original. */
  viewedOriginalsGb: number;
};

type Offer = { usd: number; how: string };

export type Peer = {
  name: string;
  source: string;
  checked: string;
  /** What it charges; the cheapest of its ways. */
  price(month: Month): Offer;
  /** What it does less than Keepsake, and more. */
  less: string;
  more: string;
};

const checked = "2026-11-21";
const price = (tiers: Price["tiers"], free = 0, unit?: number): Price => ({
  tiers,
  free,
  ...(unit && { unit }),
  source: "",
  checked,
});

const uploadThingGb = price([[0, 0.08]], 250);
const supabase = {
  storageGb: price([[0, 0.0213]], 100),
  uncachedGb: price([[0, 0.09]], 250),
  cachedGb: price([[0, 0.03]], 250),
  transformed: price([[0, 5 / 1_000]], 100, 1_000),
};
/** A credit is 1 GB stored, 1 GB delivered or 1,000 transformations. */
const cloudinaryPlans = [
  { name: "Free", credits: 25, usd: 0 },
  { name: "Plus", credits: 225, usd: 99 },
  { name: "Advanced", credits: 600, usd: 249 },
];
const cloudflareImages = {
  stored: price([[0, 5 / 100_000]], 0, 100_000),
  delivered: price([[0, 1 / 100_000]], 0, 100_000),
};

export const peers: Peer[] = [
  {
    name: "UploadThing",
    source: "https://uploadthing.com/pricing",
    checked,
    price({ storedGb }) {
      if (storedGb <= 2) return { usd: 0, how: "Free, up to 2 GB" };
      if (storedGb <= 100) return { usd: 10, how: "100 GB app" };
      return { usd: 25 + cost(uploadThingGb, storedGb), how: "usage based, $0.08 per GB" };
    },
    less: "Serves what was sent: no check of the picture, no removal of metadata, no smaller copies, no fetching from platforms, no receipt of a deletion. Every view loads the original",
    more: "Any kind of file; nothing to operate",
  },
  {
    name: "Supabase Storage",
    source: "https://supabase.com/docs/guides/platform/manage-your-usage/egress",
    checked,
    price(month) {
      const base = 25 + cost(supabase.storageGb, month.storedGb);
      const egress = (gb: number) =>
        cost(supabase.cachedGb, gb * month.hits) + cost(supabase.uncachedGb, gb * (1 - month.hits));
      const originals = base + egress(month.viewedOriginalsGb);
      // each image is billed once a month however many sizes it gets; older images are left out
      const resized = base + egress(month.viewedGb) + cost(supabase.transformed, month.images);
      return originals <= resized
        ? { usd: originals, how: "Pro, every view loads the original" }
        : { usd: resized, how: "Pro, with image transformations" };
    },
    less: "No check of the picture, no removal of metadata, no fetching from platforms, no receipt of a deletion",
    more: "The price has a Postgres in it, with sign-in; files of any kind and size",
  },
  {
    name: "Cloudinary",
    source: "https://cloudinary.com/pricing",
    checked,
    price({ images, storedGb, copiesGb, viewedGb }) {
      const credits = storedGb + copiesGb + viewedGb + (images * counted.copies) / 1_000;
      const plan = cloudinaryPlans.find((each) => credits <= each.credits);
      const { length } = cloudinaryPlans;
      const last = cloudinaryPlans[length - 1]!;
      return plan
        ? { usd: plan.usd, how: `${plan.name}, ${plan.credits} credits` }
        : {
            usd: (credits / last.credits) * last.usd,
            how: "beyond the list: at the price of a credit on Advanced",
          };
    },
    less: "No receipt of a deletion; no fetching of a bot's attachments",
    more: "Hundreds of transformations at a URL, video, an editor, a media library",
  },
  {
    name: "Cloudflare Images",
    source: "https://developers.cloudflare.com/images/pricing/",
    checked,
    price: ({ stored, views }) => ({
      usd: cost(cloudflareImages.stored, stored) + cost(cloudflareImages.delivered, views),
      how: "$5 per 100,000 stored, $1 per 100,000 delivered",
    }),
    less: "At most 10 MB an image; no rows of owners, texts and tags, no fetching of a bot's attachments, no receipt of a deletion",
    more: "Any size at a URL, up to 100 variants; HEIC and SVG",
  },
];

/** The same month, as peers count it. */
function monthOf(workload: Workload): Month {
  const { images, bytes, views, originals, kept, erased, hits } = workload;
  const stored = images * (1 - erased) * kept;
  const delivered = images * views;
  const viewBytes = originals * bytes + ((1 - originals) * measured.copiesBytes) / counted.copies;
  return {
    images,
    stored,
    views: delivered,
    hits,
    storedGb: (stored * bytes) / 1e9,
    copiesGb: (stored * measured.copiesBytes) / 1e9,
    viewedGb: (delivered * viewBytes) / 1e9,
    viewedOriginalsGb: (delivered * bytes) / 1e9,
  };
}

/** Every peer's price of the month, and ours without and with a database that is bought for it. */
export function compare(workload: Workload) {
  const month = monthOf(workload);
  const ours = (database: Workload["database"]) => total(bill({ ...workload, database }));
  return {
    own: ours("own"),
    withNeon: ours("neon"),
    withRds: ours("rds"),
    peers: peers.map(({ name, price: priceOf }) => ({ name, ...priceOf(month) })),
  };
}
