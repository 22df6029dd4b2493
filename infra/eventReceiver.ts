import { secrets } from "./secrets.ts";
import { webhookUrl } from "./settings.ts";

/** The receiver of events, and the secret that signs them. */
export const webhook = new sst.Linkable("Webhook", {
  properties: { url: webhookUrl, secret: secrets.webhookSecret.value },
});
