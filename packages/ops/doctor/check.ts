import type { DatabaseLink } from "@keepsake/adapters/cloud/postgres";
import type { R2Link } from "@keepsake/adapters/cloud/r2";
import type { TelegramLink } from "@keepsake/adapters/platforms/telegram";
import type { QueueName } from "@keepsake/contract/queues";
import type { Cdn } from "@keepsake/core/ports";

/** What is checked: the links of a stage or of the local system, and the settings of its deployment. */
export type Configuration = {
  images: R2Link;
  incoming: Omit<R2Link, "publicUrl">;
  private: Omit<R2Link, "publicUrl">;
  /** The incoming bucket with the `web` keys, which presign URLs; the others have the `store` keys. */
  incomingWeb: Omit<R2Link, "publicUrl">;
  database: DatabaseLink;
  telegram: TelegramLink;
  cdn: Pick<Cdn, "purge">;
  queues: { name: QueueName; url: string; deadLetterUrl: string }[];
  webOrigins: string[];
  jwtIssuer: string | undefined;
  /** The origin of the web page; undefined without one. */
  pageUrl?: string | undefined;
  /** How often the sweep should run. */
  sweepMinutes: number;
  /** A bucket that the keys must not reach. Without it, a name that no bucket has is tried. */
  otherBucket: string | undefined;
  /** True for the local system: it retries sooner, and signs its tokens itself. */
  isLocal: boolean;
};

/** `ok`: as it should be; `!!`: a problem and how to fix it; `--`: could not be checked, or a note. */
export type Finding = { mark: "ok" | "!!" | "--"; text: string };

/** Resolves to what is right, as a text or a note. Throws `CheckFailed`, or any error, when it is not. */
export type Check = {
  /** Named, with the advice, when `run` throws an error other than `CheckFailed` or takes too long. */
  subject: string;
  advice: string;
  run(signal: AbortSignal): Promise<Finding | string>;
};

/** A problem with a known remedy. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

export const keysAdvice =
  "check R2AccessKeyId, R2SecretAccessKey and the account that they belong to (docs/deploy.md)";
export const webKeysAdvice =
  "check R2WebAccessKeyId, R2WebSecretAccessKey and the account that they belong to (docs/deploy.md)";

/** An error's message in one line, without the details that libraries append. */
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
