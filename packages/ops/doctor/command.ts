import { parseArgs } from "node:util";
import { sweepMinutes } from "@keepsake/contract/schedules";
import { cdn } from "@keepsake/functions/services/cdn";
import { links } from "../links.ts";
import type { Configuration } from "./check.ts";
import { doctor } from "./doctor.ts";

/** `npm run doctor`: checks a configuration by using it, and prints how to fix each problem. */
export async function main(args: string[]) {
  const configuration = readConfiguration(args);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);

  const findings = await doctor(configuration, {
    onFinding: ({ mark, text }) => console.log(`${mark}  ${text}`),
    signal: interrupted.signal,
  });
  const problems = findings.filter(({ mark }) => mark === "!!").length;
  console.log(problems === 0 ? "\nNo problems found." : `\nProblems to fix: ${problems}`);
  if (configuration.isLocal && findings.some(({ text }) => text.includes("ECONNREFUSED")))
    console.log("If the local system is not running: npm start");
  if (problems > 0) process.exitCode = 1;
}

function readConfiguration(args: string[]): Configuration {
  const { values } = parseArgs({
    args,
    options: { "web-origins": { type: "string" }, "other-bucket": { type: "string" } },
  });
  const { STUDIO_DOMAIN, WEB_ORIGINS } = process.env;
  const pages = [STUDIO_DOMAIN && `https://${STUDIO_DOMAIN}`, WEB_ORIGINS].filter(Boolean);
  // as in infra/settings.ts: a page in development may use any stage but production
  const origins = values["web-origins"] ?? (pages.join(",") || "http://localhost:5173");
  const telegram = links.telegram();
  return {
    images: links.images(),
    incoming: links.incoming(),
    incomingWeb: links.incomingWeb(),
    private: links.private(),
    database: links.database(),
    telegram,
    cdn: cdn(),
    queues: links.queueNames().map((name) => ({
      name,
      url: links.queueUrl(name),
      deadLetterUrl: links.deadLetterUrl(name),
    })),
    webOrigins: origins.split(",").map((origin) => origin.trim()),
    pageUrl: STUDIO_DOMAIN ? `https://${STUDIO_DOMAIN}` : undefined,
    jwtIssuer: process.env.JWT_ISSUER || undefined,
    sweepMinutes: sweepMinutes(process.env.SWEEP_MINUTES),
    otherBucket: values["other-bucket"],
    // no deployed function could reach a Telegram on this machine
    isLocal: ["127.0.0.1", "localhost"].includes(new URL(telegram.api).hostname),
  };
}
