import { randomUUID } from "node:crypto";
import { standardWebhooks, type WebhookLink } from "@keepsake/adapters/standardWebhooks";
import type { TestEvent } from "@keepsake/contract/events";
import { links } from "./links.ts";

const usage = "Usage: npm run webhook -- test   (add --stage NAME for a deployed stage)";

/**
 * `npm run webhook -- test`: sends a signed event of the type `test`, once, to the receiver of a stage and prints what
 * was answered.
 */
export async function main([name, ...more]: string[]) {
  if (name !== "test" || more.length > 0) throw new Error(usage);
  console.log(await sendTest(links.webhook()));
}

/** Resolves to what to print when the receiver accepted the event, and throws what to do when it did not. */
export async function sendTest(webhook: WebhookLink): Promise<string> {
  if (webhook.url === "")
    throw new Error(
      "There is no receiver: set WEBHOOK_URL and deploy; on this machine, WEBHOOK_URL=http://127.0.0.1:4000/ npm start",
    );
  const { host } = new URL(webhook.url); // the path may hold a secret
  const receiver = standardWebhooks(webhook);
  const event_id = randomUUID();
  const event: TestEvent = { type: "test", timestamp: new Date().toISOString(), data: {} };
  const body = JSON.stringify(event);
  try {
    await receiver.deliver({ event_id, body });
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${host} did not accept the event ${event_id}. ${message}${advice(message)}`, {
      cause,
    });
  }
  return `${host} accepted the event ${event_id}, of the type "test"`;
}

function advice(message: string): string {
  const [, status] = / answered (\d+)$/.exec(message) ?? [];
  if (status === undefined) return ": check WEBHOOK_URL and that the receiver runs";
  if (status.startsWith("3"))
    return ": redirects are not followed, so set WEBHOOK_URL to where it leads";
  if (["400", "401", "403"].includes(status))
    return ": the receiver may have another secret than this stage's WebhookSecret";
  if (status === "404" || status === "405") return ": check the path of WEBHOOK_URL";
  if (status === "410") return ": a real event would have failed at once";
  return ": read the receiver's log";
}
