import { createHash, createHmac, randomUUID } from "node:crypto";
import { request } from "node:http";
import { connect } from "./connect.ts";

/** The least that `telegramRehost` takes: a row and a signed message. Nothing is checked. */
export async function handler({ body }: { body: string }) {
  const { message } = JSON.parse(body);
  const image_id = randomUUID();
  const { file_id, file_unique_id } = message.photo.at(-1);
  const row = { image_id, owner_id: `telegram:${message.from.id}`, file_id, file_unique_id };
  const ids = { chat_id: message.chat.id, message_id: message.message_id };
  await connect()`insert into rehosts ${connect()({ ...row, ...ids })} on conflict do nothing`;
  await send({ image_id });
  return { statusCode: 200, body: JSON.stringify({ ok: true }) };
}

function send(message: object): Promise<void> {
  const { QUEUE_URL = "" } = process.env;
  const url = new URL("/", QUEUE_URL);
  const Entries = [{ Id: "0", MessageBody: JSON.stringify(message) }];
  const body = JSON.stringify({ QueueUrl: QUEUE_URL, Entries });
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.SendMessageBatch",
    ...signed(url, body),
  };
  return new Promise((resolve, reject) => {
    request(url, { method: "POST", headers }, (response) => {
      response.resume();
      if (response.statusCode === 200) response.on("end", resolve);
      else reject(new Error(`SQS answered ${response.statusCode}`));
    })
      .on("error", reject)
      .end(body);
  });
}

/** AWS's signature, version 4, of a POST to SQS. */
function signed({ host }: URL, body: string) {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [time.slice(0, 8), AWS_REGION!, "sqs", "aws4_request"];
  const headers = { host, "x-amz-date": time, "x-amz-security-token": AWS_SESSION_TOKEN! };
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const names = Object.keys(headers).join(";");
  const request = ["POST", "/", "", ...lines, "", names, sha256(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(request)].join("\n");
  const key = scope.reduce<Buffer | string>(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const credential = `Credential=${AWS_ACCESS_KEY_ID}/${scope.join("/")}`;
  const signature = hmac(key, text).toString("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const hmac = (key: Buffer | string, text: string) =>
  createHmac("sha256", key).update(text).digest();
