import { bucketChecks } from "./bucketChecks.ts";
import { cdnChecks } from "./cdnChecks.ts";
import { type Check, CheckFailed, type Configuration, type Finding, reasonOf } from "./check.ts";
import { databaseChecks } from "./databaseChecks.ts";
import { issuerCheck } from "./issuerCheck.ts";
import { multipartCheck } from "./multipartCheck.ts";
import { pageChecks } from "./pageCheck.ts";
import { probeObjects } from "./probeObjects.ts";
import { queueChecks } from "./queueChecks.ts";
import { r2KeyChecks } from "./r2KeyChecks.ts";
import { sweepCheck } from "./sweepCheck.ts";
import { telegramCheck } from "./telegramCheck.ts";
import { uploadChecks } from "./uploadChecks.ts";

type DoctorOptions = {
  /** Called with each finding as soon as it is known, in the order of the checks. */
  onFinding?: (finding: Finding) => void;
  /** Stops all checks; what they wrote is removed all the same. */
  signal?: AbortSignal;
  /** The time limit of one check. */
  limitMs?: number;
};

/**
 * Runs every check concurrently, each within its time limit, and removes what they wrote. Resolves to all
 * findings; none contains a secret.
 */
export async function doctor(
  configuration: Configuration,
  { onFinding = () => {}, signal: stopped, limitMs = 20_000 }: DoctorOptions = {},
): Promise<Finding[]> {
  const probes = probeObjects(configuration);
  const checks = [
    ...bucketChecks(configuration, probes),
    multipartCheck(configuration, probes),
    ...r2KeyChecks(configuration, probes),
    ...uploadChecks(configuration, probes),
    ...cdnChecks(configuration, probes),
    ...pageChecks(configuration),
    ...databaseChecks(configuration),
    ...queueChecks(configuration),
    issuerCheck(configuration),
    telegramCheck(configuration),
    sweepCheck(configuration),
  ];
  const redact = redactor(configuration);
  const findings: Finding[] = [];
  const add = ({ mark, text }: Finding) => {
    const finding = { mark, text: redact(text) };
    findings.push(finding);
    onFinding(finding);
  };

  const running = checks.map((check) => runCheck(check, limitMs, stopped));
  for (const finding of running) add(await finding);
  for (const finding of await probes.removeAll()) add(finding);
  return findings;
}

async function runCheck(check: Check, limitMs: number, stopped?: AbortSignal): Promise<Finding> {
  const limit = AbortSignal.timeout(limitMs);
  const signal = stopped ? AbortSignal.any([limit, stopped]) : limit;
  try {
    const finding = await Promise.race([check.run(signal), rejectOnAbort(signal)]);
    return typeof finding === "string" ? { mark: "ok", text: finding } : finding;
  } catch (error) {
    const problem = (text: string): Finding => ({ mark: "!!", text });
    if (error instanceof CheckFailed) return problem(`${error.message}: ${error.remedy}`);
    if (stopped?.aborted) return problem(`${check.subject}: interrupted: run the doctor again`);
    const reason = limit.aborted ? `no response within ${limitMs / 1_000} s` : reasonOf(error);
    return problem(`${check.subject}: ${reason}: ${check.advice}`);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Replaces secrets with `***`: a library might put one into an error. */
function redactor({ images, incoming, incomingWeb, telegram, database }: Configuration) {
  const password = URL.parse(database.url)?.password ?? "";
  const secrets = [
    ...[images, incoming, incomingWeb].map(({ secretAccessKey }) => secretAccessKey),
    ...[telegram.botToken.split(":").at(-1) ?? "", password, decodeURIComponent(password)],
  ].filter((secret) => secret.length > 3 && secret !== noSecret);
  return (text: string) => secrets.reduce((safe, secret) => safe.replaceAll(secret, "***"), text);
}

/** What stands in place of a secret that a stage does not need (infra/secrets.ts). */
const noSecret = "none";
