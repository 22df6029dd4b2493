import { connect } from "@keepsake/adapters/cloud/postgres";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import { reasonOf } from "../../doctor/check.ts";
import { type MigrationStatus, migrationStatus } from "../../migrationStatus.ts";
import { Problem } from "../answerProblem.ts";

/** Connects as the functions will, and counts migrations. Resolves to what it found. */
export async function checkDatabase(
  url: string,
  { isProduction }: { isProduction: boolean },
): Promise<MigrationStatus & { text: string }> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new Problem("A connection string begins with postgres:// and has no unescaped spaces");
  const { encryption, removed } = readDatabaseUrl(url);
  const problem = encryptionProblem(url);
  if (problem && (isProduction || encryption !== "none"))
    throw new Problem(`${problem}: ${tlsAdvice}`);
  if (encryption === "local" && isProduction)
    throw new Problem("Lambda cannot reach a database on this machine: use one on the internet");

  const sql = connect({ url, pool: 1 });
  try {
    const [row] = await sql`select current_setting('server_version') as version`;
    const status = await migrationStatus(sql);
    const notes = [
      ...(removed.length > 0 ? [`ignored: ${removed.join(", ")}`] : []),
      ...(encryption === "local" ? ["on this machine: only npm run dev reaches it"] : []),
      status.missing.length > 0
        ? `${status.missing.length} of ${status.known} migrations pending`
        : `all ${status.known} migrations applied`,
    ];
    return { ...status, text: `Postgres ${row?.version}: connected, ${notes.join("; ")}` };
  } catch (error) {
    throw new Problem(`Postgres does not accept the connection (${reasonOf(error)})`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
