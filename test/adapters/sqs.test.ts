import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { sqs } from "@keepsake/adapters/cloud/sqs";
import { bind } from "@keepsake/local/embedded/listen";
import { afterAll, beforeEach, expect, test } from "vitest";
import { isSignedInHeaders } from "../support/verifyAwsSignature.ts";

type Message = { piece_id: string };

const credentials = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "session/+=" };
const role = { region: "eu-central-1", credentials };
const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({ piece_id: `piece ${index}` }));

/** Every request to SQS, and the response to each; all further requests succeed. */
let requests: { headers: IncomingMessage["headers"]; body: string }[] = [];
let responses: { status: number; body: object | string }[] = [];
const server = createServer(async (request, response) => {
  requests.push({ headers: request.headers, body: await text(request) });
  const { status, body } = responses.shift() ?? { status: 200, body: { Successful: [] } };
  response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
});
const endpoint = `http://127.0.0.1:${await bind(server, 0)}`;

let unsent: { reason: unknown; count: number }[] = [];
const queue = sqs<Message>({ url: `${endpoint}/000000000000/Portraits` }, role, (reason, count) =>
  unsent.push({ reason, count }),
);

beforeEach(() => {
  requests = [];
  responses = [];
  unsent = [];
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test("messages go to SQS ten per call, signed as AWS requires", async () => {
  expect(await queue.send(messages(25))).toEqual([]);
  const bodies = requests.map(({ body }) => JSON.parse(body));
  expect(bodies.map(({ Entries }) => Entries.length).sort()).toEqual([10, 10, 5]);
  expect(bodies[0].QueueUrl).toBe(`${endpoint}/000000000000/Portraits`);
  for (const { headers, body } of requests) {
    expect(headers).toMatchObject({
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.SendMessageBatch",
      "x-amz-security-token": "session/+=",
    });
    expect(headers.authorization).toContain("/eu-central-1/sqs/aws4_request");
    expect(headers.authorization).toMatch(
      /SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target,/,
    );
    const request = { method: "POST", path: "/", headers: headers as Record<string, string>, body };
    expect(isSignedInHeaders(request, "secret")).toBe(true);
    expect(isSignedInHeaders(request, "another")).toBe(false);
    expect(isSignedInHeaders({ ...request, body: `${body} ` }, "secret")).toBe(false);
  }
});

test("messages have the id of the request that queues them as an attribute, and bodies without it", async () => {
  const url = `${endpoint}/000000000000/Portraits`;
  const ofRequest = sqs<Message>(
    { url },
    role,
    () => {},
    () => "JKJaXmPLvHcESHA=",
  );
  await ofRequest.send(messages(1));
  await queue.send(messages(1));
  const entry = { Id: "0", MessageBody: '{"piece_id":"piece 0"}' };
  const request_id = { DataType: "String", StringValue: "JKJaXmPLvHcESHA=" };
  expect(requests.flatMap(({ body }) => JSON.parse(body).Entries)).toEqual([
    { ...entry, MessageAttributes: { request_id } },
    entry,
  ]);
});

test("messages of a batch that SQS rejects are reported and returned", async () => {
  responses = [{ status: 200, body: { Failed: [{ Id: "1", Code: "InternalError" }] } }];
  expect(await queue.send(messages(3))).toEqual([{ piece_id: "piece 1" }]);
  expect(unsent).toMatchObject([{ reason: { message: "InternalError" }, count: 1 }]);
});

test.each([
  ["fails", { status: 500, body: { __type: "InternalFailure" } }],
  ["throttles", { status: 400, body: { __type: "com.amazonaws.sqs#RequestThrottled" } }],
  ["does not respond with JSON", { status: 503, body: "<html>" }],
])("a request is sent once more when SQS %s", async (_, failure) => {
  responses = [failure];
  expect(await queue.send(messages(1))).toEqual([]);
  expect(requests).toHaveLength(2);
  expect(unsent).toEqual([]);
});

test("all messages are returned when SQS fails twice", async () => {
  const body = { __type: "com.amazonaws.sqs#QueueDoesNotExist" };
  responses = Array.from({ length: 2 }, () => ({ status: 400, body }));
  expect(await queue.send(messages(2))).toEqual(messages(2));
  const message = "SQS answered 400 com.amazonaws.sqs#QueueDoesNotExist";
  expect(unsent).toMatchObject([{ reason: { message }, count: 2 }]);
});
