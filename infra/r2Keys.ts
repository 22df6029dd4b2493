import crypto from "node:crypto";
import { accountId, imagesBucket, incomingBucket, prefix, privateBucket } from "./buckets.ts";
import { secrets } from "./secrets.ts";
import { r2Jurisdiction, r2KeysAreMade } from "./settings.ts";

/** Cloudflare's ids of two permission groups, equal in every account: an R2 bucket's objects. */
const itemRead = { id: "6a018a9f2fc74eb6b293b0c548f38b39" };
const itemWrite = { id: "2efd5506f9c8494dacb1fa10a3e7d5b6" };

type Keys = { accessKeyId: $util.Input<string>; secretAccessKey: $util.Input<string> };

/** With which functions read and write objects, in all buckets. */
export const storeKeys: Keys = r2KeysAreMade
  ? makeKeys("store", [
      policy([itemWrite, itemRead], [imagesBucket, incomingBucket, privateBucket]),
    ])
  : {
      accessKeyId: secrets.r2AccessKeyId.value,
      secretAccessKey: secrets.r2SecretAccessKey.value,
    };

/** With which URLs for browsers are presigned: they reach no public object, and change no private one. */
export const webKeys: Keys = r2KeysAreMade
  ? makeKeys("web", [
      policy([itemWrite, itemRead], [incomingBucket]),
      policy([itemRead], [privateBucket]),
    ])
  : {
      accessKeyId: secrets.r2WebAccessKeyId.value,
      secretAccessKey: secrets.r2WebSecretAccessKey.value,
    };

/** A token of the account, not of a person, as a pair of S3 keys: its id, and the SHA-256 of its value. */
function makeKeys(name: "store" | "web", policies: ReturnType<typeof policy>[]): Keys {
  const token = new cloudflare.AccountToken(`R2${name === "store" ? "Store" : "Web"}Token`, {
    accountId,
    name: `${prefix} ${name}`,
    policies,
  });
  return {
    accessKeyId: token.id,
    secretAccessKey: $util.secret(token.value.apply(sha256)),
  };
}

function policy(permissionGroups: { id: string }[], buckets: cloudflare.R2Bucket[]) {
  const resources = $resolve(buckets.map(({ name }) => name)).apply((names) =>
    JSON.stringify(
      Object.fromEntries(
        names.map((name) => [
          `com.cloudflare.edge.r2.bucket.${accountId}_${r2Jurisdiction}_${name}`,
          "*",
        ]),
      ),
    ),
  );
  return { effect: "allow", permissionGroups, resources };
}

function sha256(text: string): string {
  return crypto.createHash("sha256").update(text).digest("hex");
}
