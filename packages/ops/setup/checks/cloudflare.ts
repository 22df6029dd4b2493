import { Problem } from "../answerProblem.ts";
import { hosts, type JsonResponse, requestJson } from "../requestJson.ts";

type Access = { account: string; token: string };
export type Zone = { id: string; name: string };

/**
 * Uses the token for what a deployment does. Permissions to change something are tried with requests that cannot
 * change anything, because they name nothing: 403 means that the permission is missing.
 */
export async function checkCloudflare(access: Access): Promise<string> {
  const { account } = access;
  if (!/^[\w-]+$/.test(account))
    throw new Problem("The account's id is the 32 digits and letters in the dashboard's address");
  if (!/^[\x21-\x7e]+$/.test(access.token))
    throw new Problem("The token has characters that no token of Cloudflare has: paste it again");
  await checkIsActive(access);
  const { status, body } = await call(access, `/accounts/${account}`);
  if (status !== 200)
    throw new Problem(
      `The token cannot read account ${account} (${reasonOf({ status, body })}): check the id, and give the token Account → Account Settings → Read`,
    );
  const buckets = await call(access, `/accounts/${account}/r2/buckets`);
  if (errorCodes(buckets).includes(10_042))
    throw new Problem("R2 is not enabled on the account: enable it in the dashboard, under R2");
  if (buckets.status !== 200) throw missing("Account → Workers R2 Storage → Edit", buckets);
  await requirePermission(access, `/accounts/${account}/r2/buckets`, {
    permission: "Account → Workers R2 Storage → Edit",
  });
  const { name } = body.result as { name: string };
  return `Cloudflare: the token works in account "${name}", with R2`;
}

/** Tokens of a person and tokens of an account have different addresses to verify them. */
async function checkIsActive(access: Access) {
  const ofPerson = await call(access, "/user/tokens/verify");
  const verified =
    ofPerson.status === 200
      ? ofPerson
      : await call(access, `/accounts/${access.account}/tokens/verify`);
  if (verified.status !== 200)
    throw new Problem(
      `Cloudflare does not know the token (${reasonOf(ofPerson)}): create one as docs/deploy.md says, and paste it whole`,
    );
  const { status } = verified.body.result as { status: string };
  if (status !== "active") throw new Problem(`The token is ${status}: create another`);
}

/** The zone of a host name, which must be in the account and in which the token may write DNS records. */
export async function findZone(access: Access, host: string): Promise<Zone> {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host))
    throw new Problem(`"${host}" is not a host name such as images.example.com`);
  const labels = host.split(".");
  for (let first = 0; first < labels.length - 1; first++) {
    const name = labels.slice(first).join(".");
    const response = await call(access, `/zones?name=${name}&account.id=${access.account}`);
    if (response.status !== 200) throw missing("Zone → Zone → Read", response);
    const [zone] = response.body.result as (Zone & { status?: string })[];
    if (!zone) continue;
    if (zone.status && zone.status !== "active")
      throw new Problem(
        `The zone ${name} is ${zone.status}: set its name servers at the registrar to those that Cloudflare shows`,
      );
    const records = `/zones/${zone.id}/dns_records`;
    const read = await call(access, `${records}?per_page=5`);
    if (read.status !== 200) throw missing("Zone → DNS → Edit", read);
    await requirePermission(access, records, { permission: "Zone → DNS → Edit" });
    return { id: zone.id, name: zone.name };
  }
  throw new Problem(
    `${host} is in no zone of the account that the token can read: add the zone, or give the token Zone → Zone → Read for it`,
  );
}

/** With R2_KEYS=made the deployment creates two tokens. */
export function checkMayMakeTokens(access: Access): Promise<void> {
  return requirePermission(access, `/accounts/${access.account}/tokens`, {
    permission: "Account → API Tokens → Edit",
  });
}

/** Purges an address that no image has. */
export async function checkPurgeToken(token: string, zone: string, host: string) {
  const access = { account: "", token };
  const files = [`https://${host}/keepsake-setup`];
  const response = await call(access, `/zones/${zone}/purge_cache`, { files });
  if (response.status !== 200)
    throw new Problem(
      `The purge token cannot purge the zone (${reasonOf(response)}): create one with Zone → Cache Purge → Purge for it`,
    );
  return "Cloudflare: the purge token can purge the zone";
}

/** Requests to create something without a name or content, which Cloudflare refuses as invalid: 400. */
async function requirePermission(
  access: Access,
  path: string,
  { permission }: { permission: string },
) {
  const response = await call(access, path, {});
  if (response.status === 401 || response.status === 403) throw missing(permission, response);
}

const missing = (permission: string, response: JsonResponse) =>
  new Problem(`The token lacks ${permission} (${reasonOf(response)}): add it to the token`);

function call({ token }: Access, path: string, body?: object): Promise<JsonResponse> {
  return requestJson(`${hosts.cloudflare()}${path}`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
}

type Errors = { errors?: { code?: number; message?: string }[] };

const errorCodes = ({ body }: JsonResponse) =>
  ((body as Errors).errors ?? []).map(({ code }) => code);

function reasonOf({ status, body }: JsonResponse): string {
  const message = (body as Errors).errors?.[0]?.message;
  return message ? `${status}, ${message}` : String(status);
}
