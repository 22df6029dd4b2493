import { expect, test } from "vitest";

test("the webhook has no secret, and accepts no request, until one is set", async () => {
  process.env.SST_RESOURCES_JSON = JSON.stringify({ App: {}, TelegramWebhook: { secret: "" } });
  const { webhookSecret } = await import("@keepsake/functions/services/telegram");
  expect(() => webhookSecret()).toThrow("TelegramWebhookSecret is not set");
});
