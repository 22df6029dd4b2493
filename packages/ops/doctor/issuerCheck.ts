import { readIssuer } from "../readIssuer.ts";
import type { Check, Configuration } from "./check.ts";

/** Reads the issuer's keys as the functions do. */
export function issuerCheck({ jwtIssuer, isLocal }: Configuration): Check {
  return {
    subject: `The token issuer ${jwtIssuer}`,
    advice: "check JWT_ISSUER, and that it can be reached from the internet",
    async run(signal) {
      if (jwtIssuer === undefined)
        return {
          mark: "--",
          text: `JWT_ISSUER is not set: no issuer to check${isLocal ? "" : ". If the stage has one, set it in .env.<stage>"}`,
        };

      const { usable } = await readIssuer(jwtIssuer, signal);
      return `${jwtIssuer} is reachable; keys: ${usable}`;
    },
  };
}
