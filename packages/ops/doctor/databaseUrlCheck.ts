import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import { type Check, CheckFailed, type Configuration } from "./check.ts";

/** Whether connections to Postgres are encrypted, and what of the connection string is not used. */
export function databaseUrlChecks({ database }: Configuration): Check[] {
  const { encryption, removed } = readDatabaseUrl(database.url);
  const unused: Check = {
    subject: "DatabaseUrl",
    advice: "check DatabaseUrl",
    async run() {
      return {
        mark: "--",
        text: `DatabaseUrl has parameters that only other clients use, and that are ignored: ${removed.join(", ")}`,
      };
    },
  };
  const tls: Check = {
    subject: "Connections to Postgres",
    advice: "check DatabaseUrl",
    async run() {
      const problem = encryptionProblem(database.url);
      if (problem) throw new CheckFailed(problem, tlsAdvice);
      if (encryption === "verified")
        return "Connections to Postgres are encrypted, and only to the host of its certificate";
      return {
        mark: "--",
        text: "Connections to Postgres are encrypted, but its certificate is not checked: use sslmode=verify-full in DatabaseUrl if the provider's certificate is publicly trusted (docs/deploy.md)",
      };
    },
  };
  return [...(encryption === "local" ? [] : [tls]), ...(removed.length > 0 ? [unused] : [])];
}
