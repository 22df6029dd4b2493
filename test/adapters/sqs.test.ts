import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { sqs } from "@keepsake/adapters/cloud/sqs";
import { bind } from "@keepsake/local/embedded/listen";
import { afterAll, beforeEach, expect, test } from "vitest";
import { isSignedInHeaders } from "../support/sigv4.ts";

type Message = { piece_id: string };

const credentials = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "session/+=" };
const role = { region: "eu-central-1", credentials };
const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({ piece_id: `piece ${index}` }));

/** Every request that SQS got, and what it says to each; to all that follow, that it took them. */
let requests: { headers: IncomingMessage["headers"]; body: string }[] = [];
let answers: { status: number; body: object | string }[] = [];
const server = createServer(async (request, response) => {
  requests.push({ headers: request.headers, body: await text(request) });
  const { status, body } = answers.shift() ?? { status: 200, body: { Successful: [] } };
  response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
});
const endpoint = `http://127.0.0.1:${await bind(server, 0)}`;

let told: { reason: unknown; count: number }[] = [];
const queue = sqs<Message>({ url: `${endpoint}/000000000000/Portraits` }, role, (reason, count) =>
  told.push({ reason, count }),
);

beforeEach(() => {
  requests = [];
  answers = [];
  told = [];
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test("messages go to SQS ten a call, signed as AWS asks", async () => {
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

test("what SQS refuses of a batch is told and handed back", async () => {
  answers = [{ status: 200, body: { Failed: [{ Id: "1", Code: "InternalError" }] } }];
  expect(await queue.send(messages(3))).toEqual([{ piece_id: "piece 1" }]);
  expect(told).toMatchObject([{ reason: { message: "InternalError" }, count: 1 }]);
});

test.each([
  ["fails", { status: 500, body: { __type: "InternalFailure" } }],
  ["throttles", { status: 400, body: { __type: "com.amazonaws.sqs#RequestThrottled" } }],
  ["does not speak JSON", { status: 503, body: "<html>" }],
])("an SQS that %s is asked once more", async (_, answer) => {
  answers = [answer];
  expect(await queue.send(messages(1))).toEqual([]);
  expect(requests).toHaveLength(2);
  expect(told).toEqual([]);
});

test("an SQS that fails twice took nothing", async () => {
  const body = { __type: "com.amazonaws.sqs#QueueDoesNotExist" };
  answers = Array.from({ length: 2 }, () => ({ status: 400, body }));
  expect(await queue.send(messages(2))).toEqual(messages(2));
  const message = "SQS answered 400 com.amazonaws.sqs#QueueDoesNotExist";
  expect(told).toMatchObject([{ reason: { message }, count: 2 }]);
});
