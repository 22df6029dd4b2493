import { inject } from "vitest";
import { type Document, exchangeChecker } from "./checkExchange.ts";
import { type Exchange, recordExchanges } from "./exchanges.ts";

let checker: ReturnType<typeof exchangeChecker> | undefined;

type Watched = {
  api: string;
  stream: string;
  /** The origins that stand in for Discord's, which the document names. */
  discordOrigins: string[];
};

/**
 * Holds every request and response of a stack against the OpenAPI document. `stop` throws with the list of
 * what the document does not allow.
 */
export function watchApi({ api, stream, discordOrigins }: Watched) {
  checker ??= exchangeChecker(inject("openapi") as Document);
  const check = checker;
  const problems = new Map<string, number>();
  let exchanges = 0;
  const watch = (url: string, server: "api" | "stream") =>
    recordExchanges(Number(new URL(url).port), (exchange) => {
      if (isLocal(exchange)) return;
      exchanges += 1;
      for (const problem of check(withRealOrigins(exchange, discordOrigins), server))
        problems.set(problem, (problems.get(problem) ?? 0) + 1);
    });
  const stops = [watch(api, "api"), watch(stream, "stream")];
  return {
    /** How many exchanges were checked. */
    count: () => exchanges,
    stop() {
      for (const stop of stops) stop();
      if (problems.size === 0) return;
      const list = [...problems].map(([problem, times]) => `- ${problem} (${times} times)`);
      throw new Error(`The OpenAPI document does not allow:\n${list.join("\n")}`);
    },
  };
}

/** What only the local system answers: its refusals of other hosts and pages. */
const isLocal = ({ status, body }: Exchange) =>
  [400, 403, 421].includes(status) && body.startsWith('{"message":');

function withRealOrigins({ sentBody, ...exchange }: Exchange, standIns: string[]): Exchange {
  const real = "https://cdn.discordapp.com";
  return {
    ...exchange,
    sentBody: standIns.reduce((body, origin) => body.replaceAll(origin, real), sentBody),
  };
}
