import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { embeddedSqs, localSqsKeys } from "@keepsake/local/embedded/sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let server: Awaited<ReturnType<typeof embeddedSqs>>;
beforeAll(async () => {
  server = await embeddedSqs({ port: 0 });
});
afterAll(() => server.stop());

describe("the local SQS", () => {
  test("accepts requests that are signed with the local keys", async () => {
    expect(
      (await clientWith(localSqsKeys).send(new ListQueuesCommand({}))).$metadata,
    ).toMatchObject({ httpStatusCode: 200 });
  });

  test.for([
    ["another access key", { ...localSqsKeys, accessKeyId: "AKIAOTHER" }, "UnrecognizedClient"],
    ["another secret", { ...localSqsKeys, secretAccessKey: "other" }, "InvalidSignature"],
  ] as const)("rejects %s", async ([, credentials, name], { task }) => {
    task.meta.cases = 2;
    const client = clientWith(credentials);
    for (const command of [
      new ListQueuesCommand({}),
      new GetQueueAttributesCommand({ QueueUrl: `${server.endpoint}/000000000000/none` }),
    ])
      await expect(client.send(command as ListQueuesCommand)).rejects.toMatchObject({
        name: `${name}Exception`,
        $metadata: { httpStatusCode: 403 },
      });
  });

  test("rejects a request without a signature, or with another body or action than was signed", async ({
    task,
  }) => {
    task.meta.cases = 4;
    const recorded = await signedRequest();
    const send = async ({ headers = {}, body = recorded.body }) => {
      const sent = { ...recorded.headers, ...headers };
      return (await fetch(server.endpoint, { method: "POST", headers: sent, body })).status;
    };
    // the same request passes the check: what it fails on is its queue
    expect(await send({})).toBe(400);
    expect(await send({ body: `${recorded.body} ` })).toBe(403);
    expect(await send({ headers: { "x-amz-target": "AmazonSQS.PurgeQueue" } })).toBe(403);
    expect(await send({ headers: { authorization: "" } })).toBe(403);
    expect(await send({ headers: { authorization: "Bearer local" } })).toBe(403);
  });
});

function clientWith(credentials: { accessKeyId: string; secretAccessKey: string }) {
  return new SQSClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
  });
}

/** The headers and the body of a request that the SDK signed. */
async function signedRequest() {
  const recorded = Promise.withResolvers<{ headers: Record<string, string>; body: string }>();
  const client = clientWith(localSqsKeys);
  client.middlewareStack.add(
    (next) => (args) => {
      recorded.resolve(args.request as never);
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  const QueueUrl = `${server.endpoint}/000000000000/none`;
  await client.send(new GetQueueAttributesCommand({ QueueUrl })).catch(() => {});
  const { headers, body } = await recorded.promise;
  const { host: _, "content-length": __, ...sent } = headers; // fetch sets them
  return { headers: sent, body };
}
