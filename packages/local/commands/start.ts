import { localFile, runningLocal } from "../localJson.ts";
import { startSystem } from "../startSystem.ts";

/** `npm start`: runs the whole system until a signal stops it. */
export async function main(args: string[]) {
  const unknown = args.filter((arg) => arg !== "--fresh");
  if (unknown.length > 0)
    return fail(`npm start does not know ${unknown.join(" ")}: its only option is -- --fresh`);
  const running = await runningLocal();
  if (running)
    return fail(`Keepsake already runs at ${running.api} (process ${running.pid}): stop it first`);

  const system = await startSystem({ fresh: args.includes("--fresh") });
  const { studio, api, stream, cdn, r2, sqs, telegram, image_hosts, database_url } = system.local;
  console.log(`
  Studio    ${studio}
  API       ${api}
  Reference ${api}/docs
  Stream    ${stream}
  CDN       ${cdn}
  R2        ${r2}
  SQS       ${sqs}
  Telegram  ${telegram} (for a bot of your own: npm run telegram -- --bot my_bot)
  Pictures  ${image_hosts} (a provider's URLs that expire, to re-host)
  Postgres  ${withoutPassword(database_url)}

Ready: ${localFile} has these URLs and a service key. npm run demo runs every flow once. Ctrl+C stops.
`);
}

/** The terminal may be shared or logged: the password is in local.json only. */
function withoutPassword(databaseUrl: string) {
  const url = URL.parse(databaseUrl);
  return url ? `${url.protocol}//${url.username}@${url.host}${url.pathname}` : `see ${localFile}`;
}

function fail(message: string) {
  console.error(message);
  process.exitCode = 1;
}
