import type { DatabaseLink } from "@keepsake/adapters/cloud/postgres";
import type { R2Link } from "@keepsake/adapters/cloud/r2";
import type { TelegramLink } from "@keepsake/adapters/platforms/telegram";
import type { QueueName } from "@keepsake/contract/queues";
import type { Cdn } from "@keepsake/core/ports";

/** What is checked: the links of a stage or of the local system, and what the deployment was told. */
export type Configuration = {
  images: R2Link;
  incoming: Omit<R2Link, "publicUrl">;
  database: DatabaseLink;
  telegram: TelegramLink;
  cdn: Cdn;
  queues: { name: QueueName; url: string; deadLetterUrl: string }[];
  webOrigins: string[];
  jwtIssuer: string | undefined;
  /** A bucket that the keys must not reach; one that nobody has, when not given. */
  otherBucket: string | undefined;
  /** True for the system that runs here: it retries sooner, and signs its tokens itself. */
  isLocal: boolean;
};

export type Finding = { mark: "ok" | "!!" | "--"; text: string };

/** Resolves to what is so; throws `Wrong`, or anything, when it is not. */
export type Check = {
  /** What it is about, for what nobody foresaw, and what to look at then. */
  about: string;
  advice: string;
  run(signal: AbortSignal): Promise<Finding | string>;
};

/** Something is wrong that we know a remedy for. */
export class Wrong extends Error {
  override readonly name = "Wrong";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** In one line, and without what libraries hang on their errors. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  const { name, message, cause, code } = error as NodeJS.ErrnoException;
  if (cause instanceof Error) return reasonOf(cause); // fetch says "fetch failed"
  const line = message.split("\n")[0]!.replace(/\.$/, "");
  if (line === "") return code ?? name;
  return name === "Error" || name === "TypeError" || name === "PostgresError"
    ? line
    : `${name}, ${line}`;
}
