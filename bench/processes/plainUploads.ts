import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from "aws-lambda";
import { handler as completeUpload } from "../plain/completeUpload.ts";
import { handler as presignUpload } from "../plain/presignUpload.ts";
import { cpuWithChildren, handleCalls } from "../support/forkedProcess.ts";
import { serviceKey } from "../support/lambdaEvents.ts";

/** The plain functions of uploads behind HTTP: `POST /uploads` and `POST /uploads/{upload_id}`. */
const server = createServer(async (request, response) => {
  const event = await eventOf(request);
  const handler = event.pathParameters ? completeUpload : presignUpload;
  const result = await handler(event, {} as Context);
  const { statusCode = 500, headers, body } = result as APIGatewayProxyStructuredResultV2;
  response.writeHead(statusCode, headers as Record<string, string>).end(body);
});

async function eventOf(request: IncomingMessage) {
  const [, upload_id] = /^\/uploads\/(.+)$/.exec(request.url ?? "") ?? [];
  const event = {
    headers: request.headers,
    body: await text(request),
    ...(upload_id !== undefined && { pathParameters: { upload_id } }),
  };
  return event as unknown as APIGatewayProxyEventV2;
}

handleCalls({
  async start() {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  tokens: () => [`ks_${serviceKey.key_id}_${serviceKey.secret}`],
  cpuWithChildren,
});
