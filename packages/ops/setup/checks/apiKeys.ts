import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { Problem } from "../answerProblem.ts";
import { hosts, requestJson } from "../requestJson.ts";

/** Asks Telegram for the name of the bot that a token belongs to. */
export async function readBotName(api: string, token: string): Promise<string> {
  if (!/^\d+:[\w-]+$/.test(token))
    throw new Problem("A bot's token is a number, a colon and letters: @BotFather shows it");
  const { status, body } = await requestJson(`${api.replace(/\/$/, "")}/bot${token}/getMe`);
  const { username } = (body.result ?? {}) as { username?: string };
  if (status !== 200 || !username)
    throw new Problem(`Telegram does not know the bot's token (${status}): @BotFather shows it`);
  return username;
}

/** The names of a provider's models. */
export async function listModels(baseUrl: string, key: string): Promise<string[]> {
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ""))
    throw new Problem(`"${baseUrl}" is not an address such as https://api.openai.com/v1`);
  const { status, body } = await requestJson(`${baseUrl.replace(/\/$/, "")}/models`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (status === 401 || status === 403)
    throw new Problem(`The AI provider does not accept the key (${status})`);
  if (status !== 200 || !Array.isArray(body.data))
    throw new Problem(
      `${baseUrl} has no list of models (${status}): it should speak OpenAI's API, and its address usually ends with /v1`,
    );
  return body.data.map(({ id }: { id: string }) => id);
}

/** Asks Replicate whether it accepts the key and has both models. */
export async function checkReplicate(
  { baseUrl, model, referenceModel }: { baseUrl: string; model: string; referenceModel: string },
  key: string,
) {
  const headers = { authorization: `Bearer ${key}` };
  const { status } = await requestJson(`${baseUrl}/account`, { headers });
  if (status !== 200) throw new Problem(`Replicate does not accept the key (${status})`);
  for (const each of [model, referenceModel].filter((name) => name !== "off")) {
    const found = await requestJson(`${baseUrl}/models/${each.split(":")[0]}`, { headers });
    if (found.status !== 200) throw new Problem(`Replicate has no model "${each}" for this key`);
  }
}

type R2Access = { account: string; jurisdiction: string; bucket: string };
type Keys = { accessKeyId: string; secretAccessKey: string };

/** Lists a bucket of the stage with a pair of keys. The bucket may not exist yet. */
export async function checkR2Keys({ account, jurisdiction, bucket }: R2Access, keys: Keys) {
  const s3 = new S3Client({
    region: "auto",
    endpoint: hosts.r2(account, jurisdiction),
    forcePathStyle: true,
    credentials: keys,
    maxAttempts: 1,
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 5_000 },
  });
  const rejection = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })).then(
    () => undefined,
    (error: Error) => error.name,
  );
  if (rejection === undefined) return `the keys read ${bucket}`;
  if (rejection === "NoSuchBucket") return `R2 accepts the keys; ${bucket} does not exist yet`;
  if (rejection === "AccessDenied")
    throw new Problem(
      `R2 knows the keys, but their token does not reach ${bucket}: apply it to all buckets until the stage's own exist`,
    );
  throw new Problem(
    `R2 does not accept the keys (${rejection}): create an account API token under R2 → Manage API tokens`,
  );
}
