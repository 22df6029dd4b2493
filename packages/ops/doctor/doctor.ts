import { parseArgs } from "node:util";
import { cdn } from "@keepsake/functions/services/cdn";
import { links } from "../links.ts";
import { type Check, type Configuration, type Finding, reasonOf, Wrong } from "./findings.ts";
import { serviceChecks } from "./serviceChecks.ts";
import { startBench, storageChecks } from "./storageChecks.ts";

/** `npm run doctor`: checks a configuration by using it, and says of all that is wrong what to do. */
export async function main(args: string[]) {
  const configuration = configured(args);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);

  const findings = await doctor(configuration, {
    tell: ({ mark, text }) => console.log(`${mark}  ${text}`),
    signal: interrupted.signal,
  });
  const wrong = findings.filter(({ mark }) => mark === "!!").length;
  console.log(wrong === 0 ? "\nNothing is wrong." : `\n${wrong} to put right.`);
  if (wrong > 0) process.exitCode = 1;
}

type DoctorOptions = {
  /** Hears of each finding, in the order of the checks, as soon as it is known. */
  tell?: (finding: Finding) => void;
  /** Ends all checks; what they wrote is removed all the same. */
  signal?: AbortSignal;
  /** For one check. */
  limitMs?: number;
};

/**
 * Runs every check, side by side, each within its time, and removes what they wrote. Resolves to what
 * they found; no text holds a secret.
 */
export async function doctor(
  configuration: Configuration,
  { tell = () => {}, signal: ended, limitMs = 20_000 }: DoctorOptions = {},
): Promise<Finding[]> {
  const bench = startBench(configuration);
  const checks = [...storageChecks(configuration, bench), ...serviceChecks(configuration)];
  const scrub = scrubber(configuration);
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    const told = { ...finding, text: scrub(finding.text) };
    findings.push(told);
    tell(told);
  };

  const running = checks.map((check) => examine(check, limitMs, ended));
  for (const finding of running) found(await finding);
  for (const finding of await bench.clear()) found(finding);
  return findings;
}

async function examine(check: Check, limitMs: number, ended?: AbortSignal): Promise<Finding> {
  const limit = AbortSignal.timeout(limitMs);
  const signal = ended ? AbortSignal.any([limit, ended]) : limit;
  try {
    const finding = await Promise.race([check.run(signal), aborted(signal)]);
    return typeof finding === "string" ? { mark: "ok", text: finding } : finding;
  } catch (error) {
    if (error instanceof Wrong) return { mark: "!!", text: `${error.message}: ${error.remedy}` };
    if (ended?.aborted) return { mark: "!!", text: `${check.about}: interrupted: run it again` };
    const reason = limit.aborted ? `no answer in ${limitMs / 1_000} s` : reasonOf(error);
    return { mark: "!!", text: `${check.about}: ${reason}: ${check.advice}` };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** No library has a reason to repeat a secret, but none promises not to. */
function scrubber({ images, incoming, telegram, database }: Configuration) {
  const password = URL.parse(database.url)?.password ?? "";
  const secrets = [
    ...[images.secretAccessKey, incoming.secretAccessKey],
    ...[telegram.botToken.split(":").at(-1) ?? "", password, decodeURIComponent(password)],
  ].filter((secret) => secret.length > 3);
  return (text: string) => secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
}

function configured(args: string[]): Configuration {
  const { values } = parseArgs({
    args,
    options: { "web-origins": { type: "string" }, "other-bucket": { type: "string" } },
  });
  const { STUDIO_DOMAIN, WEB_ORIGINS } = process.env;
  const pages = [STUDIO_DOMAIN && `https://${STUDIO_DOMAIN}`, WEB_ORIGINS].filter(Boolean);
  // as in infra/settings.ts: a page that is being worked on may use any stage but production
  const origins = values["web-origins"] ?? (pages.join(",") || "http://localhost:5173");
  const telegram = links.telegram();
  return {
    images: links.images(),
    incoming: links.incoming(),
    database: links.database(),
    telegram,
    cdn: cdn(),
    queues: links.queueNames.map((name) => ({
      name,
      url: links.queueUrl(name),
      deadLetterUrl: links.deadLetterUrl(name),
    })),
    webOrigins: origins.split(",").map((origin) => origin.trim()),
    jwtIssuer: process.env.JWT_ISSUER || undefined,
    otherBucket: values["other-bucket"],
    // no deployed function could reach a Telegram on this machine
    isLocal: ["127.0.0.1", "localhost"].includes(new URL(telegram.api).hostname),
  };
}
