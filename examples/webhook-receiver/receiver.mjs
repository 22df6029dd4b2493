import { createServer } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

/**
 * A receiver of Keepsake's events in plain Node:
 *
 *   WEBHOOK_SECRET=whsec_… PORT=4000 node receiver.mjs
 *
 * A request without a right signature gets 401. An event that came before is answered and not handled
 * again; when `handle` fails, the answer is 500 and Keepsake sends the event again.
 */
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const maxBytes = 1_000_000;

/** In a product a table with the id as its key, written in the transaction that handles the event. */
const handled = new Set();

const server = createServer(async (request, response) => {
  try {
    const body = await readBody(request);
    const event = webhook.verify(body, request.headers);
    const id = request.headers["webhook-id"];
    if (!handled.has(id)) {
      await handle(event);
      handled.add(id);
    }
    response.writeHead(204).end();
  } catch (error) {
    const isRefused = error instanceof WebhookVerificationError;
    if (!isRefused) console.error(error);
    response.writeHead(isRefused ? 401 : 500).end();
  }
});
server.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

/** What your product does. Types that it does not know are accepted and ignored: there may be more of them. */
async function handle({ type, data }) {
  switch (type) {
    case "image.published":
      console.log(
        `${data.owner} has ${data.image.url ?? `the private image ${data.image.image_id}`}`,
      );
      break;
    case "image.rejected":
    case "image.failed":
      console.log(`${data.owner} has no image: ${data.image.error}`);
      break;
    case "portrait.published":
      console.log(`${data.piece.name} looks like ${data.piece.details.image_portrait}`);
      break;
    case "erasure.done":
      console.log(`${data.erasure.objects} objects of ${data.owner} are erased`);
      break;
  }
}

/** The body as it was sent: its signature is of these bytes, not of the JSON in them. */
async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`a request was over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
