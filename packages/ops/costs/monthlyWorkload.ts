import { parseArgs } from "node:util";
import { limits } from "@keepsake/contract/limits";

/** A month of a product, as the options of `npm run costs` say it. */
export type Workload = {
  /** Images that arrive in the month. */
  images: number;
  /** Bytes of one, as it is sent. */
  bytes: number;
  /** The ways by which they arrive, as shares of 1: sent as base64, uploaded, or fetched from a platform. */
  portraits: number;
  unchanged: number;
  rewritten: number;
  rehosts: number;
  /** Portraits in one request that creates pieces, at most as many as its body may hold. */
  pieces: number;
  /** Other API requests for each image: lists, worlds, receipts. */
  requests: number;
  /** How often each image is viewed, in the month in which it arrives for most of them. */
  views: number;
  /** The share of views that the CDN answers without R2. */
  hits: number;
  /** The share of views that load the original and not a smaller copy. */
  originals: number;
  /** The share of the month's images that is deleted. */
  erased: number;
  /** For how many months images have arrived and been kept, this one included. */
  kept: number;
  /** Minutes between two sweeps. */
  sweep: number;
  plan: "free" | "pro" | "business";
  region: "us-east-1" | "eu-central-1";
  database: "own" | "neon" | "rds";
};

export const defaults: Workload = {
  images: 1_000_000,
  bytes: 500_000,
  portraits: 0.3,
  unchanged: 0.5,
  rewritten: 0.1,
  rehosts: 0.1,
  pieces: 5,
  requests: 3,
  views: 100,
  hits: 0.95,
  originals: 0.2,
  erased: 0.05,
  kept: 12,
  sweep: 1,
  plan: "free",
  region: "us-east-1",
  database: "own",
};

const choices = {
  plan: ["free", "pro", "business"],
  region: ["us-east-1", "eu-central-1"],
  database: ["own", "neon", "rds"],
} as const;
const ranges: Partial<Record<keyof Workload, [least: number, most: number]>> = {
  images: [1, 1e12],
  bytes: [1_000, 20_000_000],
  portraits: [0, 1],
  unchanged: [0, 1],
  rewritten: [0, 1],
  rehosts: [0, 1],
  pieces: [1, 20],
  requests: [0, 1_000],
  views: [0, 1e6],
  hits: [0, 1],
  originals: [0, 1],
  erased: [0, 1],
  kept: [1, 1_200],
  sweep: [1, 60],
};
const ways = ["portraits", "unchanged", "rewritten", "rehosts"] as const;

export type Options = { workload: Workload; json: boolean; write: boolean };

/** Reads the options of the command. An error names the option, what it may be and what it was. */
export function parseOptions(args: string[]): Options {
  const names = Object.keys(defaults) as (keyof Workload)[];
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  }) as { values: Record<string, string | boolean | undefined> };
  const given = names.flatMap((name) => {
    const text = values[name];
    return text === undefined ? [] : [[name, readValue(name, String(text))] as const];
  });
  const { json, write } = values as { json: boolean; write: boolean };
  if (write && given.length > 0)
    throw new Error("--write takes no other option: the documents show the default month");
  return { workload: checked({ ...defaults, ...Object.fromEntries(given) }), json, write };
}

function readValue(name: keyof Workload, text: string): number | string {
  if (name in choices) {
    const allowed: readonly string[] = choices[name as keyof typeof choices];
    if (allowed.includes(text)) return text;
    throw new Error(`--${name} must be one of ${allowed.join(", ")}, not "${text}"`);
  }
  const [least, most] = ranges[name]!;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const isWhole = name === "sweep" || name === "pieces";
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw new Error(
    `--${name} must be a ${isWhole ? "whole " : ""}number from ${least} to ${most}, not "${text}"`,
  );
}

/** The ways must cover every image exactly once, and the API must accept the portraits. */
function checked(workload: Workload): Workload {
  const sum = ways.reduce((total, way) => total + workload[way], 0);
  if (Math.abs(sum - 1) > 1e-9)
    throw new Error(
      `${ways.map((way) => `--${way}`).join(", ")} are shares that must add up to 1, not to ${Number(sum.toFixed(4))}`,
    );
  const { portraits, bytes, pieces } = workload;
  if (portraits === 0) return workload;
  if (bytes > limits.portrait_bytes)
    throw new Error(
      `--bytes must be at most ${limits.portrait_bytes} with --portraits above 0: the API accepts no larger portrait`,
    );
  const inOneRequest = Math.max(1, Math.floor(limits.pieces_body_bytes / base64Bytes(bytes)));
  return { ...workload, pieces: Math.min(pieces, inOneRequest) };
}

export const base64Bytes = (bytes: number) => (bytes * 4) / 3;
